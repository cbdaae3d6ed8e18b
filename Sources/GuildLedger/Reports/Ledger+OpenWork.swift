package import GuildDomain

/// What one process has begun and not recorded the end of: what its death would leave in doubt.
package struct OpenWork: Sendable, Hashable {
    package let processID: Int32
    /// The invocations that it holds.
    package var invocations: Set<InvocationID> = []
    /// Those of them whose model call has been sent and not journalled.
    package var calls: Set<InvocationID> = []
    /// The actions that it is performing.
    package var sends: Set<ActionID> = []
}

extension Ledger {
    /// The open work of each process that holds a lease.
    package func openWork() async throws -> [OpenWork] {
        try await read { db in
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
}
