import Testing

@testable import GuildCommands

@Suite struct BarTests {
    private let fine = Bar(isUnicode: true, width: 4)
    private let plain = Bar(isUnicode: false, width: 4)

    @Test func `a bar shows its share in eighths of a cell`() {
        #expect(fine.text(0, of: 32) == "░░░░")
        #expect(
            (1...8).map { fine.text($0, of: 32) } == [
                "▏░░░", "▎░░░", "▍░░░", "▌░░░", "▋░░░", "▊░░░", "▉░░░", "█░░░",
            ])
        #expect(fine.text(21, of: 32) == "██▋░")
        #expect(fine.text(32, of: 32) == "████")
    }

    @Test func `without UTF-8 a bar is ASCII`() {
        #expect(plain.text(0, of: 4) == "----")
        #expect(plain.text(2, of: 4) == "##--")
        #expect(plain.text(9, of: 4) == "###>")
        #expect(plain.text(1, of: 1_000_000) == "#---")
    }

    @Test func `the least shows, what is over the whole ends in an arrow, and no size traps`() {
        #expect(fine.text(1, of: 1_000_000) == "▏░░░")
        #expect(fine.text(33, of: 32) == "███▶")
        #expect(fine.text(1, of: 0) == "███▶")
        #expect(fine.text(0, of: 0) == "░░░░")
        #expect(fine.text(-5, of: 10) == "░░░░")
        #expect(fine.text(.max, of: .max) == "████")
        #expect(Bar(isUnicode: true, width: -1).text(1, of: 2) == "")
    }

    @Test func `a bar takes the rest of the line, no more than 40 cells, and none where there is no room`() {
        func width(_ columns: Int, beside text: Int) -> Int? {
            Screen(isTerminal: true, isUnicode: true, columns: columns).bar(beside: text)?.width
        }
        #expect(width(80, beside: 50) == 28)
        #expect(width(300, beside: 50) == 40)
        #expect(width(56, beside: 50) == 4)
        #expect(width(55, beside: 50) == nil)
        #expect(Screen(isTerminal: false, isUnicode: true, columns: 80).bar(beside: 1) == nil)
    }

    @Test(arguments: [
        (["LC_ALL": "C", "LANG": "en_GB.UTF-8"], false), (["LANG": "en_GB.UTF-8"], true),
        (["LC_ALL": "", "LC_CTYPE": "C.utf8", "LANG": "C"], true), (["LC_CTYPE": "de_DE.ISO-8859-1"], false),
        ([:], false),
    ])
    func `the first variable that names a locale says whether it is UTF-8`(
        _ environment: [String: String], _ isUnicode: Bool
    ) {
        #expect(Screen.isUnicode(environment) == isUnicode)
    }
}
