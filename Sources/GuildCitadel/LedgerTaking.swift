import GuildCodex
import GuildDomain
import GuildLedger

/// `guild ledger use`: a person says which ledger belongs to the codex.
package struct LedgerTaking: Sendable {
    /// The result of selecting a ledger.
    package struct Outcome: Sendable, Hashable {
        /// The ledger that is the codex's now.
        package let ledger: String
        /// Whether the ledger was created.
        package let isNew: Bool
        /// The previous ledger, which stays where it is; nil if there was none.
        package let before: String?
        /// The codex's place.
        package let codex: String
    }

    private let settings: Settings
    /// `user:NAME`.
    private let actor: String

    package init(_ settings: Settings, actor: String) {
        self.settings = settings
        self.actor = actor
    }

    /// - Parameters:
    ///   - place: a ledger's file, its folder, or its URL; nil creates an empty one.
    ///   - foreign: accept another codex's ledger.
    package func take(_ place: String?, foreign: Bool = false) async throws -> Outcome {
        guard settings.ledger == nil else {
            throw Failure(
                .usage, "--ledger selects a ledger for one command, and would hide the one selected here",
                hint: "remove it: guild ledger use PATH")
        }
        let access = try CodexAccess(settings)
        let wanted = try place.map { try location($0) }
        // Opened before anything changes: a file that cannot be opened is not a ledger.
        if let wanted {
            let ledger = try Ledger(at: wanted, mustExist: true)
            defer { ledger.close() }
            let accepted = try await ledger.codex.acceptedCommits()
            guard foreign || !access.isForeign(accepted) else {
                throw Failure(
                    .usage, "\(wanted.path) belongs to another codex: this repository has no commit that it accepted",
                    hint: "name this codex's own, or create one with --new; add --foreign if this is intended")
            }
        }
        let (taken, before) = try LedgerFinder(access, environment: settings.environment).use(wanted)
        let ledger = try Ledger(at: taken)
        defer { ledger.close() }
        try await ledger.codex.noteTaken(
            by: access.repository.place, before: before?.path, actor: actor, now: settings.time.now)
        if let before { try await warnWhoUses(before) }
        if let named = settings.environment["GUILD_LEDGER"] {
            settings.remark("GUILD_LEDGER is set and takes precedence: \(named)")
        }
        return Outcome(
            ledger: taken.path, isNew: wanted == nil, before: before?.path, codex: access.repository.place)
    }

    /// Processes that run keep the ledger that they began with.
    private func warnWhoUses(_ before: LedgerLocation) async throws {
        // A ledger that cannot be opened is not in use; the user asked to leave it.
        guard let ledger = try? Ledger(at: before, mustExist: true, mayUpgrade: false) else { return }
        defer { ledger.close() }
        let processes = try await ledger.workers.liveProcesses()
        guard !processes.isEmpty else { return }
        let ids = processes.map(String.init).joined(separator: ", ")
        settings.remark(
            "still using \(before.path) until restarted: process \(ids)")
    }

    private func location(_ place: String) throws -> LedgerLocation {
        // Here a bare word is a path: nothing is made if there is none.
        let url = place.contains(where: "/:".contains) || place.isEmpty ? place : "./\(place)"
        let location = try LedgerLocation(url: url, workingDirectory: settings.workingDirectory)
        let below = LedgerLocation(path: location.path + "/ledger.sqlite")
        let taken = (below.exists ? below : location).resolved
        guard !taken.isBackup else {
            throw Failure(
                .usage, "\(taken.folder) is a backup, and using it as a ledger would change it",
                hint: "`guild ledger restore \(taken.folder)` replaces this codex's ledger with it")
        }
        return taken
    }
}
