package import GuildCodex
import GuildDomain
package import GuildLedger

/// Codex and ledger opened to look at: nothing is made, and a ledger that nobody has made yet is no error.
package struct Inspection: Sendable {
    package let settings: Settings
    /// Where the ledger is, or would be.
    package let location: LedgerLocation
    /// Nil where there is none yet.
    package let ledger: Ledger?
    /// Nil where the ledger was named by itself; then the codex is looked for when it is needed.
    private let found: CodexAccess?

    package init(_ settings: Settings) throws {
        self.settings = settings
        (location, found) = try Self.place(settings)
        ledger = try Self.open(location)
    }

    /// Where the settings have the ledger, without a look at what is there.
    package static func location(_ settings: Settings) throws -> LedgerLocation { try place(settings).0 }

    /// The codex is looked for only where the ledger is not named by itself.
    private static func place(_ settings: Settings) throws -> (LedgerLocation, CodexAccess?) {
        if let url = settings.ledger ?? settings.environment["GUILD_LEDGER"] {
            return (try LedgerLocation(url: url, workingDirectory: settings.workingDirectory), nil)
        }
        let access = try CodexAccess(settings)
        return (try access.ledgerLocation(), access)
    }

    private static func open(_ location: LedgerLocation) throws(LedgerFailure) -> Ledger? {
        do throws(LedgerFailure) {
            return try Ledger(at: location, mustExist: true)
        } catch {
            if case .missing = error { return nil }
            throw error
        }
    }

    /// The ledger, for what has nothing to show without one.
    package func existingLedger() throws(LedgerFailure) -> Ledger {
        guard let ledger else { throw .missing(path: location.path) }
        return ledger
    }

    package func codex() throws -> CodexAccess {
        if let found { return found }
        return try CodexAccess(settings)
    }

    /// The snapshot that the settings name; where it has errors, the last one that was accepted.
    ///
    /// - Throws: `CodexInvalid` where none was ever accepted.
    package func snapshot() async throws -> CodexSnapshot {
        let access = try codex()
        do {
            return try access.snapshot()
        } catch let invalid as CodexInvalid {
            guard let accepted = try await lastAccepted() else { throw invalid }
            return try access.loader.load(accepted).get()
        }
    }

    private func lastAccepted() async throws -> CommitID? {
        guard let ledger else { return nil }
        return try await ledger.lastHeads(limit: Self.heads).first(where: \.isAccepted).flatMap { CommitID($0.commit) }
    }

    /// Heads looked through for one that was accepted.
    package static let heads = 100

    package func close() { ledger?.close() }
}
