import GuildDomain
import GuildLedger

/// Work that one process has begun and not recorded the end of: its death would leave it in doubt.
struct OpenWork: Sendable, Hashable {
    let processID: Int32
    /// The invocations that it holds.
    private(set) var invocations: Set<InvocationID> = []
    /// Those of them whose model call has been sent and not journalled.
    private(set) var calls: Set<InvocationID> = []
    /// The actions that it is performing.
    private(set) var sends: Set<ActionID> = []

    private init(processID: Int32) { self.processID = processID }

    /// The open work of each process that holds a lease.
    static func all(in ledger: Ledger) async throws -> [OpenWork] {
        try await ledger.read { db in
            var works: [Int32: OpenWork] = [:]
            try db.each(
                """
                SELECT w.pid, i.id, EXISTS (SELECT 1 FROM reservations r WHERE r.invocation = i.id AND r.state = 'sent')
                FROM invocations i JOIN workers w ON w.id = i.lease_owner WHERE i.lease_owner IS NOT NULL
                """
            ) { row in
                let process: Int32 = try row[0]
                let id: InvocationID = try row[1]
                works[process, default: OpenWork(processID: process)].invocations.insert(id)
                if try row[2] { works[process, default: OpenWork(processID: process)].calls.insert(id) }
            }
            try db.each(
                """
                SELECT w.pid, a.id FROM actions a JOIN workers w ON w.id = a.lease_owner
                WHERE a.lease_owner IS NOT NULL
                """
            ) { row in
                let process: Int32 = try row[0]
                let id: ActionID = try row[1]
                works[process, default: OpenWork(processID: process)].sends.insert(id)
            }
            return works.values.sorted { $0.processID < $1.processID }
        }
    }

    /// The names of the accounts on which calls under way hold something.
    static func accounts(in ledger: Ledger) async throws -> [String] {
        try await ledger.read { db in try db.column("SELECT name FROM accounts WHERE reserved > 0 ORDER BY name") }
    }
}
