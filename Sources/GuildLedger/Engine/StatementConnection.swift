/// What an engine gives a transaction: it runs one prepared statement.
protocol StatementConnection: AnyObject {
    /// Runs a statement to its end, or until `read` returns false.
    ///
    /// - Throws: `StorageFault`, or what `read` throws.
    func step(_ sql: String, _ values: [(any Storable)?], _ read: (LedgerRow) throws -> Bool) throws

    /// The rows that the last statement inserted, updated or deleted.
    var changeCount: Int { get }
}
