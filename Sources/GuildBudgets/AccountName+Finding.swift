package import GuildCodex
import GuildControl
package import GuildDomain
import GuildLedger

extension AccountName {
    private static let kinds = ["organization", "chapter", "agent", "root", "invocation"]
    private static let forms = "write organization, chapter/NAME, agent/NAME, root/ID or invocation/ID"

    /// Finds the account that a person means: its full name, or the bare name of an agent, a chapter, a root or an
    /// invocation if it is unambiguous.
    ///
    /// - Parameters:
    ///   - ledger: nil if there is none yet.
    ///   - prefersChapters: a bare name that a chapter and an agent share means the chapter.
    /// - Throws: `Failure` of kind `usage` if there is none, with the nearest name, or more than one.
    package static func find(
        _ text: String, in snapshot: CodexSnapshot, ledger: AccountLedgers?, prefersChapters: Bool = false
    ) async throws -> AccountName {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            if prefersChapters, let chapter = snapshot.chapter(text) { return .chapter(chapter.name) }
            return try await bare(text, in: snapshot, ledger: ledger)
        }
        switch parts[0].lowercased() {
        case "agent": return try await agent(parts[1], in: snapshot, ledger: ledger)
        case "chapter": return try await chapter(parts[1], in: snapshot, ledger: ledger)
        case "root": return try await root(parts[1], ledger: ledger)
        case "invocation": return try await invocation(parts[1], ledger: ledger)
        default:
            throw Failure(
                .usage, "'\(text)' is not an account",
                hint: NearestName.of(parts[0], in: kinds.dropFirst()).map { "did you mean '\($0)/\(parts[1])'?" }
                    ?? forms)
        }
    }

    private static func bare(
        _ text: String, in snapshot: CodexSnapshot, ledger: AccountLedgers?
    ) async throws -> AccountName {
        if ["organization", "organisation"].contains(text.lowercased()) { return .organization }
        switch (snapshot.agent(text), snapshot.chapter(text)) {
        case (let agent?, let chapter?):
            throw Failure(
                .usage, "'\(text)' is an agent and a chapter",
                hint: "write agent/\(agent.name) or chapter/\(chapter.name)")
        case (let agent?, nil): return .agent(agent.name)
        case (nil, let chapter?): return .chapter(chapter.name)
        case (nil, nil): break
        }
        if let account = try await account(ofID: text, ledger: ledger) { return account }
        // An agent or chapter that has left the codex still has an account.
        for name in [AccountName.agent(text), .chapter(text)]
        where try await ledger?.budgets.hasAccount(name) == true { return name }
        let names = snapshot.agentsByName.map(\.name) + snapshot.chapters.values.map(\.name) + kinds.prefix(1)
        throw Failure(
            .usage, "'\(text)' is not an account",
            hint: NearestName.of(text, in: names.sorted()).map { "did you mean '\($0)'?" } ?? forms)
    }

    /// The account of an invocation or a root, by its id or the unique beginning of one.
    private static func account(ofID text: String, ledger: AccountLedgers?) async throws -> AccountName? {
        guard let ledger,
            let id = try await WrittenID.find(text, of: [.event, .invocation], in: ledger.reports)
        else { return nil }
        if let run = InvocationID(id), try await ledger.invocations.find(run) != nil { return .invocation(run) }
        guard let root = EventID(id), try await ledger.budgets.hasAccount(.root(root)) else { return nil }
        return .root(root)
    }

    private static func agent(
        _ name: String, in snapshot: CodexSnapshot, ledger: AccountLedgers?
    ) async throws -> AccountName {
        if let agent = snapshot.agent(name) { return .agent(agent.name) }
        guard try await ledger?.budgets.hasAccount(.agent(name)) == true else {
            throw snapshot.unknownAgent(name)
        }
        return .agent(name)
    }

    private static func chapter(
        _ name: String, in snapshot: CodexSnapshot, ledger: AccountLedgers?
    ) async throws -> AccountName {
        if let chapter = snapshot.chapter(name) { return .chapter(chapter.name) }
        if try await ledger?.budgets.hasAccount(.chapter(name)) == true { return .chapter(name) }
        throw snapshot.unknownChapter(name)
    }

    private static func root(_ text: String, ledger: AccountLedgers?) async throws -> AccountName {
        guard let ledger, let known = try await WrittenID.find(text, of: [.event], in: ledger.reports),
            let id = EventID(known)
        else {
            throw Failure(
                .usage, "there is no root '\(text)'", hint: "`guild budget report --by root` lists them")
        }
        return .root(id)
    }

    private static func invocation(_ text: String, ledger: AccountLedgers?) async throws -> AccountName {
        guard let ledger, let known = try await WrittenID.find(text, of: [.invocation], in: ledger.reports),
            let id = InvocationID(known)
        else {
            throw Failure(
                .usage, "there is no invocation '\(text)'",
                hint: "`guild audit log --kind 'invocation.*'` lists them")
        }
        return .invocation(id)
    }
}
