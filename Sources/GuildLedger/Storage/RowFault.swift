package import GuildDomain

/// A row with content that guild does not write: a damaged file, or an edit by other programs.
///
/// It fails only the invocation or command that the row belongs to.
package struct RowFault: GuildError, Equatable {
    /// The column whose value cannot be read.
    package let column: String
    /// The actual content of the column, for people.
    package let found: String
    /// The statement that read it.
    package let sql: String
    /// The row for people, if it is known: `event 01…`.
    package var row: String?
    /// The fault in words, if it is not the content of one column.
    package var reason: String?
    /// Whether a newer guild may have written it. Its run, action or message is then kept for that version, not ended.
    package var mayBeNewer = false

    package init(column: String, found: String, sql: String) {
        self.column = column
        self.found = found
        self.sql = sql
    }

    package var kind: ErrorKind { .failed }

    package var message: String {
        let place = row.map { " (\($0))" } ?? ""
        let what = mayBeNewer ? "a row that this version cannot read" : "a damaged row"
        return "the ledger's \(table) has \(what)\(place): \(reason ?? "column \(column) holds \(found)")"
    }

    package var hint: String? {
        mayBeNewer ? Self.newerHint : "run `guild ledger check`; restore a backup if it finds more"
    }

    static let newerHint =
        "a newer guild may have written it: install that version; if there was none, restore the ledger from a backup"

    /// The same, with the row's name, unless it is named already.
    func naming(_ row: LedgerRow) -> RowFault {
        guard self.row == nil, let name = row.name else { return self }
        var fault = self
        fault.row = name
        return fault
    }

    /// The payload of an event that cannot be read.
    static func payload(of event: EventID, _ reason: String, mayBeNewer: Bool) -> RowFault {
        var fault = RowFault(column: "body", found: reason, sql: "SELECT body FROM events")
        fault.row = "event \(event)"
        fault.reason = "its payload cannot be read: \(reason)"
        fault.mayBeNewer = mayBeNewer
        return fault
    }

    /// A row that names an event which the ledger does not have.
    ///
    /// - Parameter sql: the statement that read it.
    static func lostEvent(_ event: EventID, sql: String) -> RowFault {
        var fault = RowFault(column: "event", found: "\(event)", sql: sql)
        fault.row = "event \(event)"
        fault.reason = "its event is missing from the ledger"
        return fault
    }

    /// A row that breaks a rule of the schema: a damaged value has led to one that guild would never write.
    static func refused(_ fault: StorageFault) -> RowFault {
        var refused = RowFault(column: "", found: fault.message, sql: fault.sql)
        refused.reason = "a change of it is refused: \(fault.message)"
        return refused
    }

    /// The first table that the statement names outside parentheses.
    private var table: String {
        var depth = 0
        let outer = sql.filter { character in
            if character == "(" { depth += 1 }
            defer { if character == ")" { depth -= 1 } }
            return depth == 0
        }
        let words = outer.split(whereSeparator: \.isWhitespace)
        let after = words.firstIndex { ["FROM", "INTO", "UPDATE"].contains($0) }.map { words[($0 + 1)...] }
        guard let name = after?.first(where: { $0 != "OR" && $0 != "IGNORE" && $0 != "REPLACE" && $0 != "INTO" }) else {
            return "result"
        }
        return "table '\(name.prefix { $0.isLetter || $0 == "_" })'"
    }
}
