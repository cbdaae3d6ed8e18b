import GuildDomain
import Testing

@Suite struct NearestNameTests {
    @Test(
        arguments: [
            ("prefx", "prefix"), ("PREFIX", "prefix"), ("wilcdard", "wildcard"), ("numeric", "numeric"), ("xyz", nil),
            ("", nil),
            ("e", nil), ("exist", "exists"),
        ] as [(String, String?)]) func `the nearest name within a third of the length`(name: String, expected: String?)
    {
        #expect(NearestName.of(name, in: ["prefix", "suffix", "wildcard", "numeric", "exists"]) == expected)
    }

    @Test func `empty and overlong names do not trap`() {
        #expect(NearestName.of("a", in: [""]) == "")
        #expect(NearestName.of("", in: []) == nil)
        let long = String(repeating: "x", count: 100_000)
        #expect(NearestName.of(long, in: [long, "a"]) == long)
    }

    @Test func `of names that are equally near the first in the alphabet is meant`() {
        #expect(NearestName.of("agent-x", in: ["agent-c", "agent-a", "agent-b"]) == "agent-a")
    }

    @Test(
        arguments: [
            ("abcd", "badc", 2), ("abcdef", "abdcef", 1), ("kitten", "sitting", 3), ("", "abc", 3), ("abc", "abc", 0),
            ("prompts/x/ranger.md", "prompts/y/rangre.md", 2),
        ]) func `the distance is that of a full table`(left: String, right: String, distance: Int)
    {
        // Padded alike, so that a third of the length allows it.
        let padding = String(repeating: "z", count: 30)
        let farther = String(repeating: "q", count: distance + 1) + padding
        #expect(NearestName.of(left + padding, in: [farther + "q", right + padding]) == right + padding)
    }

    @Test func `twenty thousand long paths are looked through`() {
        let paths = (0..<20_000).map { "prompts/team-\($0 % 7)/the-prompt-of-agent-\($0).md" }
        #expect(
            NearestName.of("prompts/team-3/the-promt-of-agent-10.md", in: paths)
                == "prompts/team-3/the-prompt-of-agent-10.md")
        #expect(NearestName.of(String(repeating: "entirely/other/", count: 4), in: paths) == nil)
    }
}
