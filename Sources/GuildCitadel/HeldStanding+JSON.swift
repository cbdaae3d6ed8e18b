package import GuildDomain
package import GuildLedger

extension HeldStanding {
    /// The advice for the operator.
    package var nextStep: String { "set connection.identity of the connector of \(system)" }

    /// - Parameter isWhole: includes why our identity is unknown, which quotes the system.
    package func json(isWhole: Bool) -> JSONValue {
        var object: JSONObject = [
            "system": .string(system), "events": .integer(count), "since": .string(since.rfc3339),
            "until": .string(until.rfc3339),
            "reason": .string("our identity on \(system) is unknown; \(nextStep)"),
        ]
        if isWhole { object["detail"] = reason.map { JSONValue.string($0) } ?? JSONValue.null }
        return .object(object)
    }
}
