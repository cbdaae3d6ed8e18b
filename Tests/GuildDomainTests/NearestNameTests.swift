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
}
