import Foundation
package import GuildDomain

/// The ledger's part of `guild status`.
package struct LedgerStatus: Sendable, Hashable {
    /// A process that claims work from this ledger.
    package struct Process: Sendable, Hashable {
        package let id: WorkerID
        /// Its components: `executor`, `dispatcher`, …
        package let components: String
        package let pid: Int32
        package let host: String
        package let version: String
        package let startedAt: Timestamp
        /// Whether the process still runs.
        package let isAlive: Bool
    }

    /// The path of the database.
    package let path: String
    /// The size of the database, in bytes.
    package let bytes: Int64
    /// The size of the write-ahead log, in bytes.
    package let walBytes: Int64
    package let events: Int64
    /// Messages that wait for the dispatcher, counted up to a million.
    package let inboundDepth: Int64
    package let invocationsByState: [String: Int]
    package let actionsByState: [String: Int]
    package let deadLetters: Int
    /// Notifications that are not delivered yet.
    package let notificationsPending: Int
    package let auditEntries: Int64
    /// The processes that claim work.
    package let processes: [Process]
}
