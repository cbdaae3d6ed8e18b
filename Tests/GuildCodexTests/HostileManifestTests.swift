import Foundation
import GuildCodex
import GuildDomain
import Testing

/// Text that nobody meant: whatever stands in a file, loading ends, and with a problem rather than a trap.
struct HostileManifestTests {
    private func problems(_ text: String, at path: String = "agents/hostile.yaml") -> [Problem] {
        SmallCodex.validate([path: text]).problems
    }

    private static let strangeTexts = [
        String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 50_000),
        String(repeating: "- ", count: 50_000), String(repeating: "? ", count: 50_000),
        String(repeating: "a:\n ", count: 20_000), "&a [*a, *a]", "? *a\n: &a b", "--- |\n\u{0}",
        String(repeating: "---\n", count: 10_000), String(repeating: "x: 1\n", count: 3000),
        "%YAML 9.9\n---\na: b", "\u{FEFF}apiVersion: guild/v1", "!<tag:x> a", "\"\\xZZ\"", "'", "\"", "a: b: c",
        "kind: Agent\nkind: Agent\nkind: Agent", "*a", "&a", "? {a: [b, {c: d}]}\n: x", "null", "~", "", "\t",
        "\u{E000}a: 1\na: 2", "a: 1\u{2028}a: 2\na: 3",
    ]

    @Test(arguments: strangeTexts.indices)
    func `strange text is a problem or nothing, never a trap`(_ index: Int) {
        #expect(problems(Self.strangeTexts[index]).count <= Findings.maximum)
    }

    @Test func `aliases that name aliases are refused before they multiply`() {
        var text = "a0: &a0 [x]\n"
        for level in 1...30 { text += "a\(level): &a\(level) {? *a\(level - 1) : 1, b: *a\(level - 1)}\n" }
        #expect(problems(text).contains { $0.message.hasPrefix("31 anchors and 60 aliases") })
    }

    @Test func `bytes that are not UTF-8 and files that are too large are named`() {
        var tree = SmallCodex.tree()
        tree.files.append(CodexFile(path: "agents/a.yaml", bytes: [0x61, 0xFF, 0xFE]))
        tree.files.append(CodexFile(path: "agents/b.yaml", bytes: Array(repeating: 0x20, count: 2 << 20)))
        let result = CodexLoader.validate(tree, commit: "worktree:0", revision: "test", systems: SmallCodex.systems)
        #expect(
            result.problems.map(\.text) == [
                "agents/a.yaml:1:1: error: text that is not UTF-8",
                "agents/b.yaml:1:1: error: a file of 2097152 bytes, expected at most 1048576 bytes",
            ])
    }

    @Test func `control characters of a codex do not reach the terminal`() {
        let texts = problems(SmallCodex.manifest("hostile") + "\"\\e[31mred\": 1\n").map(\.text)
        #expect(texts.contains { $0.contains("\\u{1b}[31mred") })
        #expect(!texts.contains { $0.contains("\u{1B}") })
    }

    @Test func `a literal secret is never shown`() {
        let secret = ["sk", "ant", String(repeating: "a1B2", count: 10)].joined(separator: "-")
        let text = """
            apiVersion: guild/v1
            kind: LLMRegistry
            metadata: { name: leak, labels: { \(secret): x } }
            spec:
              providers:
                - { name: \(secret), provider: anthropic, model: m, api_key: \(secret), \(secret): 1 }
                - { name: b, provider: \(secret), model: m, priority: \(secret) }
            """
        let result = SmallCodex.validate(["providers/leak.yaml": text])
        #expect(result.snapshot == nil)
        #expect(!result.problems.contains { $0.text.contains(secret) || $0.json.text().contains(secret) })
    }

    /// The same mutations each time: a seeded generator (Steele, Lea and Flood, "SplitMix", 2014).
    @Test func `mutated manifests never trap`() throws {
        var random = SplitMix(state: 42)
        let folder = URL(fileURLWithPath: GoodManifestTests.path)
        for name in ["agents/ranger.yaml", "ingress/endpoints.yaml", "policies/all.yaml", "providers/models.yaml"] {
            let original = Array(try Data(contentsOf: folder.appendingPathComponent(name)))
            for _ in 0..<100 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...6, using: &random) { random.mutate(&bytes) }
                var tree = SmallCodex.tree()
                tree.files.append(CodexFile(path: "agents/mutant.yaml", bytes: bytes))
                let result = CodexLoader.validate(
                    tree, commit: "worktree:0", revision: "test", systems: SmallCodex.systems)
                #expect(result.problems.count <= Findings.maximum)
            }
        }
    }
}

/// The limits that the tests hold loading to.
private enum Findings {
    static let maximum = 1001
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Cuts, doubles, or puts in something that means something in YAML.
    mutating func mutate(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0..<bytes.count, using: &self)
        let end = min(bytes.count, place + Int.random(in: 1...20, using: &self))
        switch Int.random(in: 0..<4, using: &self) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 2: bytes[place] = UInt8.random(in: 0...255, using: &self)
        default:
            let words = [
                "&a ", "*a", "[", "}", "? ", "- ", "!!int ", "---\n", ": ", "\n", "|\n", "\"", "99999999999999999999",
                "null",
            ]
            bytes.insert(contentsOf: Array((words.randomElement(using: &self) ?? "").utf8), at: place)
        }
    }
}
