import GuildDomain
import Testing

@Suite struct GlobTests {
    @Test(arguments: [
        ("pull_request.*", "pull_request.opened", true), ("pull_request.*", "pull_request", false),
        ("github.*", "github.issues.create", true), ("*", "", true), ("*", "a.b", true), ("", "", true),
        ("", "a", false),
        ("a", "A", false), ("**", "ab", true), ("a**b", "ab", true), ("*.opened", "issues.opened", true),
        ("*.opened", "issues.reopened", false), (#"a\*"#, #"a\b"#, true), ("aba*aba", "aba", false),
        ("aba*aba", "abaaba", true), ("*aab*", "aaab", true), ("é*", "école", true),
    ]) func `a star crosses dots`(glob: String, name: String, expected: Bool) {
        #expect(Glob(glob).matches(name) == expected)
    }

    @Test func `many stars over hostile text take linear time`() {
        let glob = Glob(String(repeating: "*a", count: 200) + "*b")
        #expect(!glob.matches(String(repeating: "a", count: 20_000)))
    }

    @Test func `a glob agrees with the definition on every short text`() {
        let letters: [Character] = ["a", "b", "*"]
        func texts(_ letters: [Character], upTo length: Int) -> [String] {
            var all = [""], last = [""]
            for _ in 0..<length {
                last = last.flatMap { text in letters.map { text + String($0) } }
                all += last
            }
            return all
        }
        func holds(_ pattern: Substring, _ text: Substring) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == "*" {
                return holds(pattern.dropFirst(), text) || (!text.isEmpty && holds(pattern, text.dropFirst()))
            }
            return text.first == first && holds(pattern.dropFirst(), text.dropFirst())
        }
        var wrong: [String] = []
        for pattern in texts(letters, upTo: 5) {
            for text in texts(["a", "b"], upTo: 5) where Glob(pattern).matches(text) != holds(pattern[...], text[...]) {
                wrong.append("\(pattern) \(text)")
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func `a glob without a star is literal`() {
        #expect(Glob("push").isLiteral)
        #expect(!Glob("push*").isLiteral)
    }
}
