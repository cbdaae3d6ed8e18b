package import GuildDomain

/// A row that holds what guild does not write: a damaged file, or an edit by other programs.
///
/// It fails what the row belongs to, an invocation or a command, and no more than that.
package struct RowFault: GuildError, Equatable {
    package let column: String
    /// What the column holds instead, for people.
    package let found: String
    /// The statement that read it.
    package let sql: String

    package init(column: String, found: String, sql: String) {
        self.column = column
        self.found = found
        self.sql = sql
    }

    package var kind: ErrorKind { .failed }

    package var message: String { "the ledger's \(table) has a damaged row: column \(column) holds \(found)" }

    package var hint: String? { "run `guild ledger check`; restore a backup if it finds more" }

    /// The first table that the statement names.
    private var table: String {
        let words = sql.split(whereSeparator: \.isWhitespace)
        let after = words.firstIndex { ["FROM", "INTO", "UPDATE"].contains($0) }.map { words[($0 + 1)...] }
        guard let name = after?.first(where: { $0 != "OR" && $0 != "IGNORE" && $0 != "REPLACE" && $0 != "INTO" }) else {
            return "result"
        }
        return "table '\(name.prefix { $0.isLetter || $0 == "_" })'"
    }
}
