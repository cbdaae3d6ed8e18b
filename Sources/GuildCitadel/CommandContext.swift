package import GuildCodex
package import GuildDomain
package import GuildLedger

/// The environment of a command: the settings of its options, the codex, and the ledger, if there is one.
///
/// Only `withMadeLedger` creates a ledger, and a missing ledger is not an error.
package struct CommandContext: Sendable {
    /// The kind of command, which decides how a missing ledger is treated.
    package enum Purpose: Sendable {
        /// Reads a ledger that only resembles the own one, and prints its path.
        /// The ledger of an older guild is refused, not upgraded.
        case reading
        /// Refuses such a ledger, and records the codex's own one as such.
        case writing
    }

    /// The settings, with the ledger that was found.
    package private(set) var settings: Settings
    /// The ledger's location, whether or not it exists.
    package let location: LedgerLocation
    private let ledger: Ledger?
    private let home: LedgerHome
    /// Nil if the ledger was named explicitly; then the codex is searched for when it is needed.
    private let found: CodexAccess?

    /// Opens codex and ledger.
    package init(_ settings: Settings, for purpose: Purpose = .reading) throws {
        self.settings = settings
        (home, found) = try Self.find(settings, purpose)
        location = home.location ?? LedgerLocation(path: home.looked.last ?? "")
        if home.location != nil, let remark = home.remark { settings.remark(remark) }
        ledger = try home.location.flatMap { location throws in try Self.open(location, purpose) }
        if let limits = ledger?.readingLimits { settings.remark(limits) }
        ledger.map { settings.tellOfDamage(in: $0) }
    }

    /// The user who gives the command: `user:NAME`.
    package var actor: String { settings.user }
    package var time: any TimeSource { settings.time }
    package var now: Timestamp { settings.time.now }

    /// The same, with the remarks of other settings.
    package func remarking(as other: Settings) -> CommandContext {
        var copy = self
        copy.settings.remark = other.remark
        return copy
    }

    /// The ledger's location by the settings, without checking what is there: to create it, or to replace it.
    package static func location(_ settings: Settings, for purpose: Purpose) throws -> LedgerLocation {
        if let named = try settings.namedLedger() { return named }
        let access = try CodexAccess(settings)
        let home = purpose == .writing ? try access.claimedHome(isMaking: true) : try access.ledgerHome()
        guard let location = home.location else { throw home.refusal }
        return location
    }

    /// The codex is searched for only if the settings do not name the ledger.
    private static func find(_ settings: Settings, _ purpose: Purpose) throws -> (LedgerHome, CodexAccess?) {
        if let named = try settings.namedLedger() {
            return (LedgerHome(standing: .named, locations: [named], codex: "", looked: [named.path]), nil)
        }
        let access = try CodexAccess(settings)
        switch purpose {
        case .reading: return (try access.ledgerHome(), access)
        case .writing: return (try access.claimedHome(isMaking: false), access)
        }
    }

    /// A reader takes a ledger that it may only read as it is.
    private static func open(_ location: LedgerLocation, _ purpose: Purpose) throws(LedgerFailure) -> Ledger? {
        do throws(LedgerFailure) {
            return try Ledger(at: location, mustExist: true, mayUpgrade: purpose == .writing)
        } catch {
            switch error {
            case .missing: return nil
            case .readOnly where purpose == .reading: return try Ledger(readingOnly: location)
            default: throw error
            }
        }
    }

    /// The ledger, for commands that show nothing without one.
    package func requiredLedger() throws -> Ledger {
        guard let ledger else {
            if home.location == nil { throw home.refusal }
            if home.standing == .unknown { throw home.missing }
            throw LedgerFailure.missing(path: location.path)
        }
        return ledger
    }

    /// The behaviour if there is no ledger.
    package enum Absence: Sendable {
        /// Nothing is said.
        case quiet
        /// Say that there is none, and where guild looked: for commands that also show the codex without it.
        case said
        /// Like `said`; but several candidates are an error: for commands that would otherwise show zeros.
        case saidUnlessSeveral
    }

    /// The ledger if there is one.
    ///
    /// - Throws: the refusal of `saidUnlessSeveral`.
    package func ledger(orElse absence: Absence) throws -> Ledger? {
        if absence == .saidUnlessSeveral, home.location == nil { throw home.refusal }
        if ledger == nil, absence != .quiet {
            let isNamed = home.standing == .named
            settings.remark(isNamed ? LedgerFailure.missing(path: location.path).message : whyAbsent)
        }
        return ledger
    }

    private var whyAbsent: String { home.location == nil ? home.refusal.oneLine : home.missing.message }

    /// The codex, for commands that show nothing without one.
    package func codex() throws -> CodexAccess {
        if let found { return found }
        return try CodexAccess(settings)
    }

    /// The snapshot that the settings name; if that is HEAD and cannot be used, the accepted one, with a remark.
    ///
    /// - Throws: `CodexInvalid` or `CodexRepositoryError` if none was ever accepted, or another revision was asked for.
    package func snapshot() async throws -> CodexSnapshot {
        // One suspension, as in `acceptedSnapshot`.
        let commit = try await lastAccepted()
        return try snapshot(orAccepted: commit)
    }

    @inline(never) private func snapshot(orAccepted commit: CommitID?) throws -> CodexSnapshot {
        let access = try codex()
        do {
            return try access.snapshot()
        } catch {
            return try access.accepted(commit, insteadOf: error)
        }
    }

    /// The accepted snapshot according to the ledger; the settings' snapshot if none was ever accepted.
    package func acceptedSnapshot() async throws -> CodexSnapshot {
        // One suspension and no more: with the rest in it, the optimiser of Swift 6.3.1 crashes as it splits the coroutine.
        let commit = try await lastAccepted()
        return try snapshot(accepted: commit)
    }

    @inline(never) private func snapshot(accepted commit: CommitID?) throws -> CodexSnapshot {
        let access = try codex()
        guard let commit else { return try access.snapshot() }
        return try access.accepted(commit)
    }

    func lastAccepted() async throws -> CommitID? {
        guard let ledger else { return nil }
        return try await ledger.codex.acceptedHead().flatMap { CommitID($0) }
    }

    /// Heads that `guild status` looks through for the accepted one.
    package static let heads = 100

    /// Runs `body` on the ledger, which is made if there is none, and closes it.
    package func withMadeLedger<Value>(_ body: (Ledger) async throws -> Value) async throws -> Value {
        let made = try settings.openLedger(try Self.location(settings, for: .writing))
        defer { made.close() }
        settings.tellOfDamage(in: made)
        return try await body(made)
    }

    package func close() { ledger?.close() }
}
