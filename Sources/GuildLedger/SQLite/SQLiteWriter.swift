/// The writer's connection: between processes writers alternate by a file lock, within one by the lane.
///
/// Safe to hand on (`@unchecked Sendable`) for the reason that its connection is: what the members of a batch share is
/// used by the lane's queue alone.
final class SQLiteWriter: LaneConnection, @unchecked Sendable {
    let connection: SQLiteConnection
    private let lock: FileLock
    private let shared = SharedRows()
    /// The shared rows before the member that is in a savepoint.
    private var beforeMember = SharedRows.Snapshot()

    init(_ connection: SQLiteConnection, lock: consuming FileLock) {
        self.connection = connection
        self.lock = lock
    }

    var transaction: LedgerTransaction { LedgerTransaction(connection, sharing: shared) }
    var isInsideTransaction: Bool { connection.isInsideTransaction }

    func close() { connection.close() }

    func hold() { lock.lock() }
    func letGo() { lock.unlock() }

    func begin() throws {
        shared.forget()
        try transaction.run("BEGIN IMMEDIATE")
    }
    func commit() throws {
        try transaction.audit.writeHead()
        try transaction.run("COMMIT")
    }
    func rollBack() {
        shared.forget()
        connection.rollBack()
    }
    func savepoint() throws {
        beforeMember = shared.snapshot
        try transaction.run("SAVEPOINT member")
    }
    func releaseSavepoint() throws { try transaction.run("RELEASE member") }
    func rollBackToSavepoint() throws {
        shared.restore(beforeMember)
        try transaction.run("ROLLBACK TO member")
        try releaseSavepoint()
    }
}
