import Foundation
import Testing
import Yams

@testable import GuildCodex

/// What the fast composer reads must be what Yams reads, whatever the text; what it leaves to Yams is its own business.
@Suite struct PlainYAMLTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL.path

    private static func files(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(repository)/\(folder)")
            .filter { $0.hasSuffix(".yaml") }.sorted().map { "\(repository)/\(folder)/\($0)" }
    }

    private static func manifests() throws -> [String] {
        try ["codex", "Benchmarks/codex", "Sources/GuildCommands/Starter", "Tests/GuildCodexTests/Fixtures"]
            .flatMap(files).map { try String(contentsOfFile: $0, encoding: .utf8) } + [everything]
    }

    /// All that the composer reads in one text.
    private static let everything = """
        # A comment
        apiVersion: guild/v1   # another
        kind: Agent
        metadata: { name: ranger, labels: { tier: standard, "a b": 'c d' }, empty: {} }

        spec:
          version: "1.0.7"
          description: Reads – and answers – what comes:in time? No, later#not a comment
          numbers: [1, -2, 3.5, .5, [x, { y: z }], [], "a, b", 'c: d']
          triggers:
          - type: webhook
            events: ["issues.opened", pull_request.*]
            conditions: { "data.number": [1, 2] }
          -   type: cron
              schedule: "0 8 * * *"
          tools:
            - { pattern: "github.get_*", autonomy: 3 }
            # between
            - plain text - with dashes
            - 'it is: quoted'

          last: ~
        """

    /// What Yams makes of a text: one node, or nothing.
    private func composed(_ text: String) -> YAMLNode? {
        do {
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let node = try parser.nextRoot(), try parser.nextRoot() == nil else { return nil }
            return YAMLNode(node)
        } catch {
            return nil
        }
    }

    /// In a function, for a tree in a message tells nobody anything.
    private func isSame(_ node: YAMLNode, as text: String) -> Bool { node == composed(text) }

    @Test func `the text with everything in it is read, and as Yams reads it`() throws {
        let node = try #require(PlainYAML.document(of: Array(Self.everything.utf8)))
        #expect(isSame(node, as: Self.everything))
    }

    @Test func `most manifests of the repository are read, and as Yams reads them`() throws {
        let manifests = try Self.files(in: "codex").map { try String(contentsOfFile: $0, encoding: .utf8) }
        var read = 0
        for text in manifests {
            guard let node = PlainYAML.document(of: Array(text.utf8)) else { continue }
            #expect(isSame(node, as: text), "\(text)")
            read += 1
        }
        #expect(read * 2 > manifests.count, "\(read) of \(manifests.count)")
    }

    @Test(arguments: [
        "a: 1\n  b: 2", "a:\n", "a: ", "a: b: c", "a: b:", "- a", "a", "", "# only\n", "a: |\n  b\n", "a: >-\n  b\n",
        "a: &b c", "a: *b", "a: !c d", "a: @b", "a: `b`", "a: %b", "a: ? b", "? a : b", "a: [b", "a: [b]c", "a: [b,]",
        "a: {b}", "a: {b: }", "a: {b: c, b: d}", "a: b\na: c", "a: 'b''c'", "a: \"b\\n\"", "a: 'b", "a: b\n c", "a:\tb",
        "a: b\r\n", "a: b\u{85}c", "a: b\u{2028}c", "a: \u{FEFF}b", "a: b\u{7F}", "---\na: b", "a: b\n...\n",
        "%YAML 1.2\n",
        "a: b\n---\nc: d", "a:\n  - b\n c: d", "a:\n    b: c\n  d: e", "- - a", "a:\n  -\n    b: c", "a: - b", "a:b",
        "a : b", "a: [b: c]", "a: [http://b]", "a: {b:c}", "a: [b\n, c]", "a: [b] # c\n  d: e", "a: #b", "a:\n  b",
        "a: [?b]", "a: ,b", "a: ]b", "a: \"b\" c", "\"a\" b: c", "a: [b #c]", "a: - ", "a: -", "a: [-]",
        "a:\n- b\n  - c",
        "a:\n- b\nc", "a: b\n# c\n  d", "a: b\n\n  c", "a: '\u{E9}'\n\"e\u{301}\": 1\n\"\u{E9}\": 2",
    ])
    func `what is unusual, or wrong, is left to Yams`(_ text: String) {
        let node = PlainYAML.document(of: Array(text.utf8))
        #expect(node.map { isSame($0, as: text) } != false)
        #expect(node == nil)
    }

    /// The first edits of an endless series; `GUILD_SOAK` takes more of them.
    @Test func `edited manifests are read as Yams reads them, or left to it`() throws {
        var random = SplitMix(state: 1)
        let manifests = try Self.manifests()
        let rounds = ProcessInfo.processInfo.environment["GUILD_SOAK"] == nil ? 40 : 4000
        var read = 0
        for text in manifests {
            for _ in 0..<rounds {
                let edited = Self.edited(text, by: &random)
                guard let node = PlainYAML.document(of: Array(edited.utf8)) else { continue }
                read += 1
                guard !isSame(node, as: edited) else { continue }
                Issue.record("read otherwise than by Yams:\n\(edited)")
                return
            }
        }
        #expect(read > manifests.count)
    }

    private static let pieces = [
        " ", "  ", "\n", "\n  ", "\n    ", ":", ": ", "- ", "-", "#", " #", "[", "]", "{", "}", ",", ", ", "\"", "'",
        "''",
        "\\", "&a", "*a", "!", "|", ">", "?", "? ", "%", "@", "`", "~", "a", "0", ".", "/", "é", "–", "\u{A0}", "\t",
        "\r",
        "---", "...", "null", "<<", "\u{2028}", "\u{85}", "[]", "{}", "a: b", "- a: b", "[a, b]", "{ a: b }",
    ]

    /// One to three edits, each an insertion, a deletion, or a line that moves in, out or away.
    private static func edited(_ text: String, by random: inout SplitMix) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard !scalars.isEmpty else { break }
            let place = Int.random(in: 0..<scalars.count, using: &random)
            let line = (scalars[..<place].lastIndex(of: "\n") ?? -1) + 1
            let end = scalars[place...].firstIndex(of: "\n") ?? scalars.count - 1
            switch Int.random(in: 0..<7, using: &random) {
            case 0: scalars.remove(at: place)
            case 1:
                scalars.insert(
                    contentsOf: Array(repeating: " ", count: Int.random(in: 1...4, using: &random)), at: line)
            case 2: if scalars[line] == " " { scalars.remove(at: line) }
            case 3: scalars.removeSubrange(line...max(line, end))
            case 4: scalars.insert(contentsOf: scalars[line...max(line, end)], at: line)
            case 5: scalars = Array(scalars[..<place])
            default:
                let piece = pieces.randomElement(using: &random) ?? " "
                scalars.insert(contentsOf: piece.unicodeScalars, at: place)
            }
        }
        var edited = String.UnicodeScalarView()
        edited.append(contentsOf: scalars)
        return String(edited)
    }
}
