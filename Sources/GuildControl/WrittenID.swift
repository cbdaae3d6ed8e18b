package import GuildDomain
package import GuildLedger

/// Ids as people write them: whole, or as much of one as is unique. Every command that takes an id finds it here.
package enum WrittenID {
    /// The most ids that are listed for an ambiguous prefix.
    private static let namedLimit = 5

    /// The id that is meant.
    ///
    /// - Throws: `Failure` of kind `usage` for one that the ledger does not know, with the nearest that it does, and for
    ///   a beginning of several.
    package static func resolve(
        _ text: String, of kinds: [RecordKind] = RecordKind.allCases, in reports: ReportLedger
    ) async throws -> String {
        if let found = try await find(text, of: kinds, in: reports) { return found }
        let recent = try await reports.recentIDs(of: kinds).map(\.description)
        throw unknown(text, of: kinds, nearest: NearestName.of(text.uppercased(), in: recent))
    }

    /// - Returns: nil if the ledger has no id with that prefix.
    /// - Throws: `Failure` of kind `usage` for an ambiguous prefix.
    package static func find(_ text: String, of kinds: [RecordKind], in reports: ReportLedger) async throws -> String? {
        let found = try await reports.ids(beginningWith: text.uppercased(), of: kinds, limit: namedLimit + 1)
            .map(\.description)
        guard found.count > 1 else { return found.first }
        let more = found.count > namedLimit ? ", …" : ""
        throw Failure(
            .usage, "several \(list(kinds.map { $0.rawValue + "s" }, "and")) begin with '\(ScreenText.line(text))'",
            hint: "give a longer prefix: \(found.prefix(namedLimit).joined(separator: ", "))\(more)")
    }

    /// An invocation's id. A complete one is returned as it is, and its user reports if it does not exist.
    package static func invocation(_ text: String, in reports: ReportLedger) async throws -> InvocationID {
        if let id = InvocationID(text) { return id }
        guard let id = InvocationID(try await resolve(text, of: [.invocation], in: reports)) else {
            throw unknown(text, of: [.invocation])
        }
        return id
    }

    /// An action's id, as `invocation` takes one.
    package static func action(_ text: String, in reports: ReportLedger) async throws -> ActionID {
        if let id = ActionID(text) { return id }
        guard let id = ActionID(try await resolve(text, of: [.action], in: reports)) else {
            throw unknown(text, of: [.action])
        }
        return id
    }

    /// The failure for an id that the ledger lacks.
    package static func unknown(
        _ text: String, of kinds: [RecordKind] = RecordKind.allCases, nearest: String? = nil
    ) -> Failure {
        Failure(
            .usage, "there is no \(list(kinds.map(\.rawValue), "or")) '\(ScreenText.line(text))' in the ledger",
            hint: nearest.map { "did you mean '\($0)'?" }
                ?? "an id has 26 letters and digits and may be shortened; `guild audit log` shows the newest")
    }

    private static func list(_ words: [String], _ last: String) -> String {
        guard words.count > 1 else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " \(last) " + (words.last ?? "")
    }
}
