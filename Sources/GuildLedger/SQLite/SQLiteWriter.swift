/// The writer's connection: between processes writers alternate by a file lock, within one by the lane.
///
/// Safe to hand on for the reason that its connection is.
final class SQLiteWriter: LaneConnection {
    let connection: SQLiteConnection
    private let lock: FileLock

    init(_ connection: SQLiteConnection, lock: consuming FileLock) {
        self.connection = connection
        self.lock = lock
    }

    var transaction: LedgerTransaction { connection.transaction }
    var isInsideTransaction: Bool { connection.isInsideTransaction }

    func close() { connection.close() }

    func hold() { lock.lock() }
    func letGo() { lock.unlock() }

    func begin() throws { try transaction.run("BEGIN IMMEDIATE") }
    func commit() throws { try transaction.run("COMMIT") }
    func rollBack() { connection.rollBack() }
    func savepoint() throws { try transaction.run("SAVEPOINT member") }
    func releaseSavepoint() throws { try transaction.run("RELEASE member") }
    func rollBackToSavepoint() throws {
        try transaction.run("ROLLBACK TO member")
        try releaseSavepoint()
    }
}
