import GuildDomain

extension EventPattern.Field {
    /// The attributes of guild's events; the payload is below `data`.
    fileprivate static let envelope = [
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "system", "guildevent", "priority",
        "chapter", "traceparent", "causationid", "rootid", "hop", "guildown",
    ]
    fileprivate static let payload: Set<String> = ["data", "data_base64"]
}

extension NodeReader {
    /// Warns of a condition on something that no event has at its top: most likely `data.` was forgotten.
    func warnOutsideEnvelope(_ field: EventPattern.Field) {
        guard let name = field.path.first, !EventPattern.Field.payload.contains(name) else { return }
        let written = field.path.joined(separator: ".")
        let misspelt =
            scope.findings.systems.payloadFields.contains(name)
            ? nil
            : scope.findings.nearest(
                to: name, in: EventPattern.Field.envelope + EventPattern.Field.payload.sorted())
        let rest = field.path.dropFirst().map { "." + $0 }.joined()
        nearest(to: path.text + "." + written).problem(
            "events have no attribute \(quoted(name)); the sender's payload is below `data`",
            suggestion: misspelt.map { $0 + rest } ?? "data." + written, severity: .warning)
    }
}

extension SystemCatalogue {
    /// Members of payloads that every sender of webhooks with a table of types is known to have.
    fileprivate var payloadFields: Set<String> {
        Set(systems.flatMap { $0.webhooks?.eventTypes.flatMap(\.fields) ?? [] }).union(["action", "sender"])
    }
}
