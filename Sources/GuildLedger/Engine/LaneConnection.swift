/// The one connection that writes, as `Lane` drives it.
///
///     hold ─▶ begin ─▶ (savepoint ─▶ member ─▶ release)* ─▶ commit ─▶ letGo
///                 └───────────────── rollBack ◀────────────────┘
protocol LaneConnection: AnyObject, Sendable {
    /// The transaction that the members use.
    var transaction: LedgerTransaction { get }
    /// Whether a transaction is open: after some errors the engine has rolled it back, with every released savepoint.
    var isInsideTransaction: Bool { get }

    /// Waits until no other process writes.
    func hold()
    func letGo()

    /// - Throws: `StorageFault`; `.busy` if somebody who does not know our lock writes.
    func begin() throws
    func commit() throws
    func rollBack()
    func savepoint() throws
    func releaseSavepoint() throws
    func rollBackToSavepoint() throws
    /// From now on no transaction begins.
    func close()
}
