import GuildCodex
package import GuildDomain
import GuildLedger
package import Logging

/// Where a process finds its codex and its ledger; what the global options of the command line say.
package struct Settings: Sendable {
    /// `--codex`, or the environment's `GUILD_CODEX`; nil looks upwards from the working directory.
    package var codex: String?
    package var revision: String
    /// Read uncommitted files instead of a revision.
    package var usesWorktree: Bool
    /// `--ledger`, or `GUILD_LEDGER`; nil takes the codex's own in the state folder.
    package var ledger: String?
    /// A file of allowed signers: only commits that one of them signed are taken up.
    package var signers: String?
    /// Whether the environment is that of a `pre-receive` hook, whose objects are in quarantine.
    package var readsQuarantine = false
    package var environment: [String: String]
    package var workingDirectory: String
    package var logger: Logger
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
        self.workingDirectory = workingDirectory
        self.logger = logger
        self.time = time
    }
}

/// The version of this build.
package enum GuildVersion {
    package static let current = "0.1.0"
}
