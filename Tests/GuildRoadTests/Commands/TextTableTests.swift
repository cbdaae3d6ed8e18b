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
        #expect(table.text(.plain, showsHeadings: false) == "x [2Jy z  ")
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

    @Test func `csv without headings begins with the first row`() {
        #expect(TextTable(["A"], [["x"]]).csv(showsHeadings: false) == "x\r\n")
    }
}
