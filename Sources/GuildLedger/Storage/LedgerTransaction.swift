/// A transaction's access to the database: the only way to run SQL. A closure that receives it touches nothing else,
/// because it may run twice.
///
/// Parameters are positional (`?`); each statement is prepared once per connection. Not for use outside the closure.
package final class LedgerTransaction {
    private let connection: any StatementConnection
    /// The topics that its statements have touched so far.
    private(set) var touched: TopicSet = []

    /// The damaged rows that its lists have left out so far.
    private(set) var leftOut: [RowFault] = []

    /// The rows that it shares with the other members of its batch; nil for a transaction of its own.
    let shared: SharedRows?

    init(_ connection: any StatementConnection, sharing shared: SharedRows? = nil) {
        self.connection = connection
        self.shared = shared
    }

    /// Runs a statement, and notes the topics that it touched.
    private func step(
        _ sql: String, _ values: [(any Storable)?], _ read: (LedgerRow) throws -> Bool
    ) throws {
        touched.formUnion(try connection.step(sql, values, read))
    }

    /// So many places for values, for a list: `?, ?, ?`.
    ///
    /// - Returns: for none `NULL`, which `IN` finds nothing in, since PostgreSQL has no empty list; not for `NOT IN`.
    static func places(_ count: Int) -> String {
        count == 0 ? "NULL" : Array(repeating: "?", count: count).joined(separator: ", ")
    }

    /// Runs a statement whose outcome nobody asks for.
    package func run(_ sql: String, _ values: [(any Storable)?] = []) throws {
        try step(sql, values) { _ in true }
    }

    /// Runs a statement.
    ///
    /// - Returns: how many rows it inserted, updated or deleted.
    package func changes(_ sql: String, _ values: [(any Storable)?] = []) throws -> Int {
        try step(sql, values) { _ in true }
        return connection.changeCount
    }

    /// - Returns: what `read` makes of the first row; nil if there is none.
    package func first<Value>(
        _ sql: String, _ values: [(any Storable)?] = [], read: (LedgerRow) throws -> Value
    ) throws -> Value? {
        var found: Value?
        try step(sql, values) { row in
            found = try read(row)
            return false
        }
        return found
    }

    /// The first column of the first row; nil if there is no row or it is NULL.
    package func value<Value: StoredDecodable>(
        _ sql: String, _ values: [(any Storable)?] = [], as type: Value.Type = Value.self
    ) throws -> Value? {
        try first(sql, values) { row in try row[0] as Value? } ?? nil
    }

    /// Whether a condition holds: `sql` is a query that gives 0 or 1, such as `SELECT EXISTS (…)`.
    package func holds(_ sql: String, _ values: [(any Storable)?] = []) throws -> Bool {
        try value(sql, values, as: Bool.self) ?? false
    }

    /// - Returns: what `read` makes of each row, in order.
    package func all<Value>(
        _ sql: String, _ values: [(any Storable)?] = [], read: (LedgerRow) throws -> Value
    ) throws -> [Value] {
        var found: [Value] = []
        try step(sql, values) { row in
            found.append(try read(row))
            return true
        }
        return found
    }

    /// Reads rows that belong to several runs, agents or accounts, in order. One that cannot be read is left out, and
    /// `Ledger.damage` tells of it: it hides none of the others.
    package func list<Value>(
        _ sql: String, _ values: [(any Storable)?] = [], read: (LedgerRow) throws -> Value
    ) throws -> [Value] {
        try whole(sql, values, read: read) { row, fault in leaveOut(fault.naming(row)) }
    }

    /// Reads the rows that can be read, in order.
    ///
    /// - Parameter damaged: gets each of the others.
    func whole<Value>(
        _ sql: String, _ values: [(any Storable)?], read: (LedgerRow) throws -> Value,
        damaged: (LedgerRow, RowFault) throws -> Void
    ) throws -> [Value] {
        var found: [Value] = []
        try each(sql, values) { row in
            do {
                found.append(try read(row))
            } catch let fault as RowFault {
                try damaged(row, fault)
            }
        }
        return found
    }

    /// The first column of the rows of a list.
    package func listed<Value: StoredDecodable>(
        _ sql: String, _ values: [(any Storable)?] = [], as type: Value.Type = Value.self
    ) throws -> [Value] {
        try list(sql, values) { row in try row[0] }
    }

    /// Notes a damaged row that the caller continues without.
    func leaveOut(_ fault: RowFault) {
        if leftOut.count < DamageReport.limit { leftOut.append(fault) }
    }

    /// Runs one step of several that are independent: its changes are taken back if it meets a row that cannot be read,
    /// and those of the other steps stay.
    ///
    /// - Returns: the damaged row; nil if the step is done.
    func attempt(_ step: () throws -> Void) throws -> RowFault? {
        let before = shared?.snapshot
        try connection.savepoint()
        let damaged: RowFault
        do {
            try step()
            try connection.releaseSavepoint()
            return nil
        } catch let fault as RowFault {
            damaged = fault
        } catch let fault as StorageFault where fault.kind == .constraint {
            damaged = .refused(fault)
        }
        try connection.rollBackToSavepoint()
        if let before { shared?.restore(before) }
        return damaged
    }

    /// The first column of every row.
    package func column<Value: StoredDecodable>(
        _ sql: String, _ values: [(any Storable)?] = [], as type: Value.Type = Value.self
    ) throws -> [Value] {
        try all(sql, values) { row in try row[0] }
    }

    /// Reads every row, one after the other.
    package func each(
        _ sql: String, _ values: [(any Storable)?] = [], read: (LedgerRow) throws -> Void
    ) throws {
        try step(sql, values) { row in
            try read(row)
            return true
        }
    }

    /// Reads rows until `read` returns false.
    package func rows(
        _ sql: String, _ values: [(any Storable)?] = [], while read: (LedgerRow) throws -> Bool
    ) throws {
        try step(sql, values, read)
    }

    /// Reads rows of work. One that cannot be read is ended by `fail`, which gets its number, and left out.
    ///
    /// - Parameter sql: gives the column `seq` beside what `read` reads.
    func work<Value>(
        _ sql: String, _ values: [(any Storable)?], read: (LedgerRow) throws -> Value,
        fail: (Int64, RowFault) throws -> Void
    ) throws -> [Value] {
        var damaged: [(seq: Int64, fault: RowFault)] = []
        let found = try whole(sql, values, read: read) { row, fault in damaged.append((try row["seq"], fault)) }
        for one in damaged { try fail(one.seq, one.fault) }
        return found
    }
}
