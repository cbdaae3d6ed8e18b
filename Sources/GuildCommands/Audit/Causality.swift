import GuildDomain
import GuildLedger

/// Finds the causal tree that an id belongs to.
enum Causality {
    /// Ids named where a prefix is several.
    private static let ambiguousLimit = 6

    /// The id that is meant: of an event, an invocation or an action, whole or as much of it as is unique.
    ///
    /// - Throws: `Failure` of kind `usage` for one that the ledger does not know, with the nearest that it does, and for
    ///   a beginning of several.
    static func resolve(_ text: String, in ledger: Ledger) async throws -> String {
        let wanted = text.uppercased()
        if try await ledger.eventID(for: wanted) != nil { return wanted }
        let found = try await ledger.ids(beginningWith: wanted, limit: ambiguousLimit).map(\.description)
        guard let first = found.first else {
            let recent = try await ledger.recentIDs().map(\.description)
            throw unknown(text, nearest: NearestName.of(wanted, in: recent))
        }
        guard found.count == 1 else {
            let more = found.count == ambiguousLimit ? ", …" : ""
            throw Failure(
                .usage, "several events, invocations and actions begin with '\(TextTable.printable(text))'",
                hint: "give more of one of them: \(found.prefix(ambiguousLimit - 1).joined(separator: ", "))\(more)")
        }
        return first
    }

    /// The first event of the chain that an event, an invocation or an action belongs to.
    ///
    /// - Throws: as `resolve` does.
    static func root(of id: String, in ledger: Ledger) async throws -> EventID {
        let id = try await resolve(id, in: ledger)
        guard let event = try await ledger.eventID(for: id) else { throw unknown(id) }
        return try await ledger.event(event)?.root ?? event
    }

    static func unknown(_ id: String, nearest: String? = nil) -> Failure {
        Failure(
            .usage,
            "there is no event, invocation or action '\(TextTable.printable(id))' in the ledger",
            hint: nearest.map { "did you mean '\($0)'?" }
                ?? "an id has 26 letters and digits, of which the first may do; `guild audit log` shows the newest")
    }
}
