import Testing

@testable import GuildCommands

@Suite struct TextTableTests {
    private let table = TextTable(
        ["NAME", "TOKENS", "WHAT"], [["ranger", "5", "a"], ["sage", "12,345", "längere Zeile"]], rightAligned: [1])

    @Test func `columns are as wide as their widest cell, numbers end at one edge`() {
        #expect(
            table.text(.plain, showsHeadings: true) == """
                NAME    TOKENS  WHAT
                ranger       5  a
                sage    12,345  längere Zeile
                """)
    }

    @Test func `without headings only the rows are left, and only they count for the width`() {
        let table = TextTable(["A LONG HEADING", "B"], [["x", "y"]])
        #expect(table.text(.plain, showsHeadings: false) == "x  y")
    }

    @Test func `only the heading is bold`() {
        let lines = table.text(Style(isColored: true), showsHeadings: true).split(separator: "\n")
        #expect(lines[0].hasPrefix("\u{1B}[1m"))
        #expect(!lines[1].contains("\u{1B}"))
    }

    @Test func `control characters of a cell do not reach the terminal`() {
        let table = TextTable(["A"], [["x\u{1B}[2Jy\nz\r\n"]])
        #expect(table.text(.plain, showsHeadings: false) == #"x\u{1b}[2Jy\nz\r\n"#)
    }

    @Test func `a row with too many cells is shown and does not trap`() {
        #expect(TextTable(["A"], [["x", "y", "z"]]).text(.plain, showsHeadings: true) == "A\nx  y  z")
    }

    @Test func `csv quotes commas, quotes and every kind of line end`() {
        let table = TextTable(["NAME", "B"], [["a,b", "say \"hi\""], ["one\ntwo", "one\r\ntwo"], ["plain", " x "]])
        #expect(
            table.csv(showsHeadings: true)
                == "name,b\r\n\"a,b\",\"say \"\"hi\"\"\"\r\n\"one\ntwo\",\"one\r\ntwo\"\r\nplain, x \r\n")
    }

    @Test(
        arguments: [
            ("\"\u{301},x", "\"\"\"\u{301},x\""), ("a,\u{301}b", "\"a,\u{301}b\""), ("\n\u{301}x", "\"\n\u{301}x\""),
            ("\"\u{200D}\"", "\"\"\"\\u{200d}\"\"\""), ("\u{1B}[2J\u{202E}", "\\u{1b}[2J\\u{202e}"), ("a\rb", "a\\rb"),
        ])
    func `csv is by scalars, whatever follows a quote, a comma or a line end`(cell: String, line: String) {
        #expect(TextTable(["A"], [[cell]]).csv(showsHeadings: false).utf8.elementsEqual((line + "\r\n").utf8))
    }

    @Test(
        arguments: [
            "=1+1", "+cmd", "-x", "@SUM(A1)", " =1", "\t=1", "\r=1", "\r\n=1", "\u{A0}=1", "\u{200B}=1", "＝1", "＋x",
            "－x",
            "＠x", "-1+1", "−x", "=", "+1 ", "=\u{301}1",
        ])
    func `a cell that a spreadsheet would calculate is guarded, unless told not to`(cell: String) {
        func text(_ isRaw: Bool) -> String { CSVCell.text(cell, isRaw: isRaw) }
        let guarded = text(false).unicodeScalars.first { $0 != "\"" }
        #expect(guarded == "'")
        #expect(!text(true).contains("'"))
        #expect(text(false).unicodeScalars.count == text(true).unicodeScalars.count + 1)
    }

    @Test(arguments: ["-5", "+5", "-0.25", "-.5", "-1e3", "+1E-3", "-5%", "5", "a=b", "a@b", "", "x -y"])
    func `numbers and other texts stay what they are`(cell: String) {
        #expect(CSVCell.text(cell, isRaw: false) == cell)
    }

    @Test func `csv without headings begins with the first row`() {
        #expect(TextTable(["A"], [["x"]]).csv(showsHeadings: false) == "x\r\n")
    }
}
