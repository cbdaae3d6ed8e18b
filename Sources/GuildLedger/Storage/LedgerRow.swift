package import GuildDomain

/// The kind of value in a column.
package enum StoredKind: Sendable {
    case null, integer, text, blob, real
}

/// The row that an engine's statement is at.
package protocol RowSource: AnyObject {
    /// The text of the statement, for messages.
    var sql: String { get }
    var columnCount: Int32 { get }

    func kind(_ column: Int32) -> StoredKind
    /// Of a column whose kind is `.integer`.
    func integer(_ column: Int32) -> Int64
    /// The bytes of a text or a blob as they are stored, neither copied nor repaired, for as long as `body` runs.
    func bytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value
    func column(named name: String) -> Int32?
    func name(of column: Int32) -> String
}

/// One row of a result. It is valid only inside the closure that was given it.
package struct LedgerRow {
    let source: any RowSource

    /// - Throws: `RowFault` if the result has no such column or the value is not of the type asked for; nothing is repaired
    ///   or replaced.
    package subscript<Value: StoredDecodable>(_ name: String) -> Value {
        get throws {
            guard let column = source.column(named: name) else {
                throw RowFault(column: name, found: "no such column", sql: source.sql)
            }
            return try self[column]
        }
    }

    /// - Parameter column: from 0.
    package subscript<Value: StoredDecodable>(_ column: Int32) -> Value {
        get throws {
            guard column < source.columnCount, let value = Value(stored: source, column: column) else {
                throw fault(column)
            }
            return value
        }
    }

    /// A column of JSON that guild wrote, as a text or a blob; NULL reads as `.null`.
    package func json(_ name: String) throws -> JSONValue {
        guard let column = source.column(named: name) else {
            throw RowFault(column: name, found: "no such column", sql: source.sql)
        }
        switch source.kind(column) {
        case .null: return .null
        case .integer, .real: throw fault(column)
        case .text, .blob: break
        }
        do {
            return try JSONParser.parse(source.bytes(column) { Array($0) })
        } catch {
            throw RowFault(column: name, found: "something that is not JSON", sql: source.sql)
        }
    }

    /// A column with a JSON list of texts for people. They explain and decide nothing, so a list that cannot be read is
    /// one text that says so.
    func explanations(_ name: String) throws -> [String] {
        do {
            return try texts(name)
        } catch let fault as RowFault {
            return ["this cannot be read: \(fault.message)"]
        }
    }

    /// A column with a JSON list of texts.
    func texts(_ name: String) throws -> [String] {
        guard let list = try json(name).array else {
            throw RowFault(column: name, found: "something that is not a list", sql: source.sql)
        }
        return list.compactMap(\.string)
    }

    /// Columns as they are stored.
    func values(_ names: String...) throws -> [StoredValue] {
        try names.map { name in
            guard let column = source.column(named: name) else {
                throw RowFault(column: name, found: "no such column", sql: source.sql)
            }
            return value(column)
        }
    }

    /// The row for people, by the first column of these that can be read: `invocation 01…`.
    var name: String? {
        for name in ["id", "invocation", "event", "schedule", "target", "reference", "account", "agent", "name"] {
            guard let column = source.column(named: name) else { continue }
            if let id = EventID(stored: source, column: column) { return "\(name) \(id)" }
            if let text = String(stored: source, column: column) { return "\(name) '\(ScreenText.line(text))'" }
        }
        return nil
    }

    /// The value as it is stored; a real number reads as its text.
    func value(_ column: Int32) -> StoredValue {
        switch source.kind(column) {
        case .null: .null
        case .integer: .integer(source.integer(column))
        case .text, .real: .text(source.bytes(column) { String(decoding: $0, as: UTF8.self) })
        case .blob: .blob(source.bytes(column) { Array($0) })
        }
    }

    /// - Throws: `RowFault` unless the value of the column, which its type allows, is one that guild writes.
    func require(_ isPossible: Bool, _ name: String) throws {
        if !isPossible, let column = source.column(named: name) { throw fault(column) }
    }

    /// - Throws: `RowFault` if it is negative.
    func count(_ column: Int32) throws -> Int64 {
        let count: Int64 = try self[column]
        guard count >= 0 else { throw fault(column) }
        return count
    }

    private func fault(_ column: Int32) -> RowFault {
        guard column < source.columnCount else {
            return RowFault(column: "\(column + 1)", found: "no such column", sql: source.sql)
        }
        let found =
            switch source.kind(column) {
            case .null: "NULL"
            case .integer: "the integer \(source.integer(column))"
            case .real: "a real number"
            case .text: "'\(ScreenText.line(String(String(stored: source, column: column)?.prefix(40) ?? "")))'"
            case .blob: "\(source.bytes(column) { $0.count }) bytes"
            }
        return RowFault(column: source.name(of: column), found: found, sql: source.sql)
    }
}
