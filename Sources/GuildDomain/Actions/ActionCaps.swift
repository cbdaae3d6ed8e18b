/// The caps on the actions of one agent, as they are in force when it asks for one.
package struct ActionCaps: Sendable, Hashable {
    /// A cap's value with its source.
    package struct Limit: Sendable, Hashable {
        /// The number of actions; `Int64.max` means no limit.
        package let count: Int64
        /// The place that sets it: `agents/clerk.yaml:12`, `built in`.
        package let setting: String

        package init(_ count: Int64, setting: String) {
            self.count = count
            self.setting = setting
        }
    }

    private let limits: [ActionCap: Limit]

    /// A cap that is not named has its built-in value.
    package init(_ limits: [ActionCap: Limit] = [:]) { self.limits = limits }

    /// The limit of a cap; the built-in one unless another was set.
    package subscript(cap: ActionCap) -> Limit { limits[cap] ?? Limit(cap.standard, setting: "built in") }

    /// The built-in values.
    package static let standard = ActionCaps()

    /// For measurements only.
    package static let unlimited = ActionCaps(
        Dictionary(uniqueKeysWithValues: ActionCap.allCases.map { ($0, Limit(.max, setting: "unlimited")) }))
}

// MARK: In the ledger

extension ActionCaps {
    /// The form in the ledger.
    package var json: JSONValue {
        .object(
            JSONObject(
                ActionCap.allCases.map { cap in
                    (cap.rawValue, [.integer(self[cap].count), .string(self[cap].setting)])
                }))
    }

    /// Reads the result of `json`; an unreadable value becomes the built-in one.
    package init(json: JSONValue) {
        var limits: [ActionCap: Limit] = [:]
        for cap in ActionCap.allCases {
            guard let parts = json[cap.rawValue]?.array, parts.count == 2, let count = parts[0].integer, count >= 0,
                let setting = parts[1].string
            else { continue }
            limits[cap] = Limit(count, setting: setting)
        }
        self.init(limits)
    }
}
