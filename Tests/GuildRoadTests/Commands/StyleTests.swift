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

    @Test func `without colour the text is as it was`() {
        #expect(Style.plain.red("x") == "x")
        #expect(Style(isColored: true).red("x") == "\u{1B}[31mx\u{1B}[0m")
    }
}
