import Testing

@testable import GuildCommands

@Suite struct UnknownWordTests {
    struct Case: Sendable {
        let line: String
        let kind: UnknownWord.Kind
        let word: String
        let command: String
        let nearest: String?
    }

    private func unknown(_ line: String) -> UnknownWord? {
        UnknownWord.first(in: line.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        Case(line: "budgt report", kind: .subcommand, word: "budgt", command: "guild", nearest: "budget"),
        Case(line: "hepl", kind: .subcommand, word: "hepl", command: "guild", nearest: "help"),
        Case(line: "budget reprt -ojson", kind: .subcommand, word: "reprt", command: "guild budget", nearest: "report"),
        Case(line: "audit lgo", kind: .subcommand, word: "lgo", command: "guild audit", nearest: "log"),
        Case(
            line: "approvals", kind: .subcommand, word: "approvals",
            command: "guild", nearest: "guild audit approvals"),
        Case(line: "zzzzzz", kind: .subcommand, word: "zzzzzz", command: "guild", nearest: nil),
        Case(
            line: "serve --lissten x:1", kind: .option, word: "--lissten", command: "guild serve", nearest: "--listen"),
        Case(
            line: "status --ouptut=json", kind: .option, word: "--ouptut",
            command: "guild status", nearest: "--output"),
        Case(line: "status -codex x", kind: .option, word: "-codex", command: "guild status", nearest: "--codex"),
        Case(line: "status --xyz", kind: .option, word: "--xyz", command: "guild status", nearest: nil),
        Case(
            line: "dispatch --tipe x", kind: .option, word: "--tipe",
            command: "guild dispatch send", nearest: "--type"),
        Case(
            line: "dispatch dead-letters --stat", kind: .option, word: "--stat",
            command: "guild dispatch dead-letters list", nearest: nil),
    ]) func `the first unknown word is found, with the nearest name`(_ example: Case) throws {
        let found = try #require(unknown(example.line))
        #expect(found.kind == example.kind)
        #expect(found.word == example.word)
        #expect(found.command == example.command)
        #expect(found.nearest == example.nearest)
    }

    @Test(arguments: [
        "status", "status -ojson", "status --help", "run clerk -i -", "run clerk -inotes.md say --worktree",
        "run clerk -- --lissten", "audit log -fq -n3 --since 7d", "dispatch event.json", "schedule next --expr @daily",
        "audit export -o", "help budgt", "budget", "",
    ])
    func `nothing is unknown in what may be written`(line: String) {
        #expect(unknown(line) == nil)
    }

    @Test func `the refusal is one line with the correction, the synopsis and the way to the help`() throws {
        let lines = try #require(unknown("budget reprt")).text.split(separator: "\n")
        #expect(lines.first == "Error: 'guild budget' has no subcommand 'reprt'. Did you mean 'report'?")
        #expect(lines.dropFirst().first == "Usage: guild budget <subcommand>")
        #expect(lines.last == "  See 'guild budget --help' for more information.")
        let plain = try #require(unknown("status --xyz")).text
        #expect(plain.hasPrefix("Error: 'guild status' has no option '--xyz'.\nUsage: guild status "))
    }
}
