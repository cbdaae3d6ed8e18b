import Testing

@testable import GuildCommands

@Suite struct StyleTests {
    private func isColored(
        _ choice: ColorChoice, terminal: Bool, _ environment: [String: String] = [:]
    ) -> Bool {
        Style(choice: choice, isTerminal: terminal, environment: environment).isColored
    }

    @Test func `auto colours on a terminal only`() {
        #expect(isColored(.auto, terminal: true))
        #expect(!isColored(.auto, terminal: false))
        #expect(!isColored(.auto, terminal: true, ["TERM": "dumb"]))
    }

    @Test func `NO_COLOR counts unless it is empty, and beats CLICOLOR_FORCE`() {
        #expect(!isColored(.auto, terminal: true, ["NO_COLOR": "1"]))
        #expect(isColored(.auto, terminal: true, ["NO_COLOR": ""]))
        #expect(!isColored(.auto, terminal: true, ["NO_COLOR": "1", "CLICOLOR_FORCE": "1"]))
    }

    @Test func `CLICOLOR_FORCE colours without a terminal unless it is 0 or empty`() {
        #expect(isColored(.auto, terminal: false, ["CLICOLOR_FORCE": "1"]))
        #expect(!isColored(.auto, terminal: false, ["CLICOLOR_FORCE": "0"]))
        #expect(!isColored(.auto, terminal: false, ["CLICOLOR_FORCE": ""]))
    }

    @Test func `what the command line says beats the environment`() {
        #expect(isColored(.always, terminal: false, ["NO_COLOR": "1"]))
        #expect(!isColored(.never, terminal: true, ["CLICOLOR_FORCE": "1"]))
    }

    @Test func `only a style colours: a sequence that a text brings along is written out`() {
        let style = Style(choice: .always, isTerminal: false, environment: [:])
        let text = style.red("a\u{1B}[32mb") + "\u{1B}[0m\u{9B}31m" + style.bold("c")
        #expect(
            Terminal.shown(text) == "\u{1B}[31ma\\u{1b}[32mb\u{1B}[0m\\u{1b}[0m\\u{9b}31m\u{1B}[1mc\u{1B}[0m")
        #expect(Terminal.shown("\u{F0000}\u{F0001}\u{F0002}\u{F0003}\u{10001F}").hasPrefix("\\u{f0000}"))
    }

    @Test func `without colour the text is as it was`() {
        #expect(Style.plain.red("x") == "x")
        #expect(Style(isColored: true).red("x") == "\u{1B}[31mx\u{1B}[0m")
    }
}
