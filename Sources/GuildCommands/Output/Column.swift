import GuildDomain

/// A column of a result's table and CSV: its heading, and how the cell of a row is made.
struct Column<Row: Sendable>: Sendable {
    let heading: String
    let isRightAligned: Bool
    let cell: @Sendable (Row, CellFormat) -> String

    /// - Parameter cell: for people or for a program, as the format says.
    init(
        _ heading: String, isRightAligned: Bool = false, cell: @escaping @Sendable (Row, CellFormat) -> String
    ) {
        self.heading = heading
        self.isRightAligned = isRightAligned
        self.cell = cell
    }

    /// The text as it is.
    static func text(_ heading: String, _ value: @escaping @Sendable (Row) -> String) -> Column {
        Column(heading) { row, _ in value(row) }
    }

    /// A text that may be absent, for people a dash.
    static func optional(
        _ heading: String, isRightAligned: Bool = false, _ value: @escaping @Sendable (Row) -> String?
    ) -> Column {
        Column(heading, isRightAligned: isRightAligned) { row, cells in cells.text(value(row)) }
    }

    /// A number of small things, without grouping.
    static func number<Number: BinaryInteger & Sendable>(
        _ heading: String, _ value: @escaping @Sendable (Row) -> Number
    ) -> Column {
        Column(heading, isRightAligned: true) { row, _ in String(value(row)) }
    }

    /// A count, for people in groups of three digits.
    static func count(_ heading: String, _ value: @escaping @Sendable (Row) -> Int64?) -> Column {
        Column(heading, isRightAligned: true) { row, cells in cells.count(value(row)) }
    }

    /// Micro-dollars as dollars.
    static func money(_ heading: String, _ value: @escaping @Sendable (Row) -> Int64?) -> Column {
        Column(heading, isRightAligned: true) { row, cells in cells.money(value(row)) }
    }

    /// A time, for people in the local zone.
    static func time(_ heading: String, _ value: @escaping @Sendable (Row) -> Timestamp?) -> Column {
        Column(heading) { row, cells in cells.time(value(row)) }
    }

    /// `true` or `false`.
    static func flag(_ heading: String, _ value: @escaping @Sendable (Row) -> Bool) -> Column {
        Column(heading) { row, _ in String(value(row)) }
    }
}
