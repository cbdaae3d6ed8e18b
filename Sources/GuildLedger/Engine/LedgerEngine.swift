import GuildDomain

/// A database that can hold a ledger. Everything above it is the same for each.
protocol LedgerEngine: Sendable {
    /// The connection that writes; there is one a process.
    var lane: any LaneConnection { get }

    /// How this engine learns of others' commits.
    var wakeUps: any WakeUps { get }

    /// Runs `body` in one snapshot, on the calling thread.
    func read<Value>(_ body: (LedgerTransaction) throws -> Value) throws -> Value

    /// Whether another process has committed since this was last asked. Asked while the lane is held.
    func hasForeignCommits() throws -> Bool

    /// How long a write waits for a lock that somebody holds without our rules, from now on.
    func waitForLocks(milliseconds: Int32)

    func close()
}
