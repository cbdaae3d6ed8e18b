import GuildDomain

/// The writer of a ledger that is only read: no transaction begins.
///
/// Safe to hand on for the reason that its connection is.
final class ReadOnlyLane: LaneConnection {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) { self.connection = connection }

    var transaction: LedgerTransaction { connection.transaction }
    var isInsideTransaction: Bool { false }

    func hold() {}
    func letGo() {}
    func begin() throws { throw StorageFault(kind: .readOnly, message: "the ledger is open for reading only") }
    func commit() throws { try begin() }
    func rollBack() {}
    func savepoint() throws { try begin() }
    func releaseSavepoint() throws { try begin() }
    func rollBackToSavepoint() throws { try begin() }
    func close() { connection.close() }
}
