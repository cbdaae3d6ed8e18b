import GuildDomain

/// What a command has to show, declared once: `-o json` and `-o yaml` encode its document, `-o table` and `-o csv` lay
/// its rows out in columns.
///
/// Most results are a list (`ListResult`) or a single thing (`RecordResult`), and say only their columns. One whose
/// document is more than its rows names both.
protocol CommandResult: Sendable {
    associatedtype Document: Encodable
    associatedtype Row: Sendable

    /// The documented shape of `-o json`; a list is an array.
    var document: Document { get }
    var rows: [Row] { get }
    /// Headings are lower case in CSV.
    var columns: [Column<Row>] { get }
    /// What a person reads if there are no rows.
    var emptyText: String { get }
    /// What a person sees.
    func text(_ style: Style, isQuiet: Bool) -> String
}

extension CommandResult {
    var emptyText: String { "" }

    func table(_ cells: CellFormat) -> TextTable {
        let columns = columns
        return TextTable(
            columns.map(\.heading), rows.map { row in columns.map { $0.cell(row, cells) } },
            rightAligned: Set(columns.indices.filter { columns[$0].isRightAligned }))
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let table = table(.local)
        if table.rows.isEmpty { return isQuiet ? "" : emptyText }
        return table.text(style, showsHeadings: !isQuiet)
    }
}

/// A result that is a list: each row is an element of the document.
protocol ListResult: CommandResult where Row: Encodable, Document == [Row] {}

extension ListResult {
    var document: [Row] { rows }
}

/// A result that is one thing: its own document, and the one row.
protocol RecordResult: CommandResult, Encodable where Document == Self, Row == Self {}

extension RecordResult {
    var document: Self { self }
    var rows: [Self] { [self] }
}
