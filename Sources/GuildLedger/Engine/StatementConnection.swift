/// An engine's interface for a transaction: it runs one prepared statement.
protocol StatementConnection: AnyObject {
    /// Runs a statement to its end, or until `read` returns false.
    ///
    /// - Returns: the topics that follow from what it wrote; none if it changed no row.
    /// - Throws: `StorageFault`, or what `read` throws.
    func step(_ sql: String, _ values: [(any Storable)?], _ read: (LedgerRow) throws -> Bool) throws -> TopicSet

    /// The rows that the last statement inserted, updated or deleted.
    var changeCount: Int { get }

    /// Begins a part of the transaction that can be taken back by itself.
    func savepoint() throws
    func releaseSavepoint() throws
    /// Takes back what came after the last savepoint, and ends that.
    func rollBackToSavepoint() throws
}
