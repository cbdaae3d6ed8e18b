import GuildCodex
package import GuildDomain
package import GuildLedger
package import Logging

/// Where a process finds its codex and its ledger, according to the global options of the command line.
package struct Settings: Sendable {
    /// `--codex`, or the environment's `GUILD_CODEX`; nil looks upwards from the working directory.
    package var codex: String?
    /// The revision of the codex.
    package var revision: String
    /// Read uncommitted files instead of a revision.
    package var usesWorktree: Bool
    /// `--ledger`, or `GUILD_LEDGER`; nil takes the codex's own in the state folder.
    package var ledger: String?
    /// A file of allowed signers: only commits that one of them signed are taken up.
    package var signers: String?
    /// `--trust-codex`, or `GUILD_TRUST_CODEX`: the commit itself decides which secret goes where.
    package var trustsCodex: Bool
    /// Whether the environment is that of a `pre-receive` hook, whose objects are in quarantine.
    package var readsQuarantine = false
    /// Whether the revision is a branch to follow: a tag then counts by its full name only.
    package var isServing = false
    /// `user:NAME`: the user who started the process.
    package var user = "user:unknown"
    /// The environment of the process.
    package var environment: [String: String]
    /// The folder in which the process was started.
    package var workingDirectory: String
    /// The log.
    package var logger: Logger
    /// Called with things that a person should know without asking: that guild creates a ledger, or uses another
    /// codex's.
    package var remark: @Sendable (String) -> Void = { _ in }
    /// The clock.
    package var time: any TimeSource

    package init(
        codex: String? = nil, revision: String = "HEAD", usesWorktree: Bool = false, ledger: String? = nil,
        environment: [String: String], workingDirectory: String, logger: Logger, time: any TimeSource = SystemTime()
    ) {
        self.codex = codex
        self.revision = revision
        self.usesWorktree = usesWorktree
        self.ledger = ledger
        self.environment = environment
        trustsCodex = ["1", "true", "yes"].contains(environment["GUILD_TRUST_CODEX"]?.lowercased())
        self.workingDirectory = workingDirectory
        self.logger = logger
        self.time = time
    }
}

extension Settings {
    /// Whether they mean the checked-out commit, and not another revision or uncommitted files.
    var isAtHead: Bool { !usesWorktree && ["HEAD", "@"].contains(revision) }

    /// The ledger that `--ledger` or `GUILD_LEDGER` names; nil takes the codex's own.
    func namedLedger() throws(LedgerFailure) -> LedgerLocation? {
        guard let url = ledger ?? environment["GUILD_LEDGER"] else { return nil }
        return try LedgerLocation(url: url, workingDirectory: workingDirectory)
    }

    /// Opens a ledger to write to, and says so if it is made.
    package func openLedger(_ location: LedgerLocation, busyTimeout: Duration = .seconds(5)) throws(LedgerFailure)
        -> Ledger
    {
        let isNew = !location.exists
        let ledger = try Ledger(at: location, busyTimeout: busyTimeout)
        if isNew { remark("creating a new ledger: \(location.path)") }
        return ledger
    }

    /// From now on remarks name the damaged rows that lists leave out.
    func tellOfDamage(in ledger: Ledger) {
        ledger.damage.report { [remark] fault in remark("left out here: \(fault.message)") }
    }
}

/// The version of this build.
package enum GuildVersion {
    /// The version of this program.
    package static let current = "0.1.0"
}
