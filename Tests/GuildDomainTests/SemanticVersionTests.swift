import GuildDomain
import Testing

@Suite struct SemanticVersionTests {
    @Test(arguments: [
        "0.0.0", "1.2.3", "1.2.3-beta.1", "1.2.3-0a.x-y", "1.2.3+build.007", "1.2.3-rc.1+5", "9223372036854775807.0.0",
    ]) func `a version is written as it was read`(text: String) {
        #expect(SemanticVersion(text)?.description == text)
    }

    @Test(arguments: [
        "", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "v1.2.3", "1.2.x", "-1.2.3",
        "1.2.3-é",
        "9223372036854775808.0.0", " 1.2.3",
    ]) func `anything else is refused`(text: String) { #expect(SemanticVersion(text) == nil) }

    @Test func `order is that of the specification`() throws {
        // Section 11 of the specification, and numbers longer than a word.
        let ordered = [
            "1.0.0-1", "1.0.0-9", "1.0.0-10", "1.0.0-99999999999999999999", "1.0.0-100000000000000000000",
            "1.0.0-alpha",
            "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
            "1.0.1",
            "1.2.0", "1.10.0", "2.0.0",
        ]
        let versions = try ordered.map { try #require(SemanticVersion($0)) }
        #expect(versions.reversed().sorted().map(\.description) == ordered)
        #expect(try #require(SemanticVersion("1.0.0+a")) == #require(SemanticVersion("1.0.0+b")))
    }

    @Test(arguments: [
        (">=1.2", "1.2.0", true), (">=1.2", "1.1.9", false), (">= 1.2", "3.0.0", true), (">1.2", "1.2.9", false),
        (">1.2", "1.3.0", true), ("<=1.2", "1.2.9", true), ("<=1.2", "1.3.0", false), ("<2", "1.9.9", true),
        ("<2", "2.0.0", false),
        (">=1.2 <2", "1.9.0", true), (">=1.2, <2", "2.0.0", false), ("^1.2", "1.9.0", true), ("^1.2", "2.0.0", false),
        ("^1.2", "1.1.0", false), ("^0.2.3", "0.2.9", true), ("^0.2.3", "0.3.0", false), ("^0.0.3", "0.0.4", false),
        ("^0", "0.9.0", true), ("^0.0", "0.0.9", true), ("^0.0", "0.1.0", false), ("~1.2", "1.2.9", true),
        ("~1.2", "1.3.0", false),
        ("~1", "1.9.0", true), ("~1.2.3", "1.2.2", false), ("1.2.x", "1.2.7", true), ("1.2.x", "1.3.0", false),
        ("1.x", "1.7.0", true),
        ("1.2", "1.2.7", true), ("1.2.3", "1.2.3", true), ("=1.2.3", "1.2.4", false), ("*", "7.0.0", true),
        (">=1.2", "1.3.0-beta", false), (">=1.3.0-alpha", "1.3.0-beta", true), ("*", "1.0.0-beta", false),
        ("<9223372036854775807", "1.0.0", true),
    ]) func `ranges`(range: String, version: String, expected: Bool) throws {
        #expect(try VersionRange(parsing: range).contains(#require(SemanticVersion(version))) == expected)
    }

    @Test(arguments: ["", "  ", ">=", "abc", "1.2.3.4", ">=1.2 <", "1.x.3", ">*", "=>1", "1..2", "^-1"])
    func `what is not a range is refused`(text: String) {
        #expect(throws: VersionRange.Problem.self) { try VersionRange(parsing: text) }
    }

    @Test func `a requirement names its thing`() throws {
        let requirement = try VersionRequirement(parsing: "investigator >= 1.2")
        #expect(requirement.name == "investigator")
        #expect(requirement.description == "investigator >= 1.2")
        #expect(requirement.accepts(SemanticVersion(1, 2, 0)))
        #expect(!requirement.accepts(SemanticVersion(1, 1, 0)))
        #expect(try VersionRequirement(parsing: "code-reviewer^2").accepts(SemanticVersion(2, 5, 0)))
        #expect(try VersionRequirement(parsing: " scout ").range == nil)
        for text in ["", ">=1.2", "1.2", "scout >= y", "scout extra"] {
            #expect(throws: VersionRange.Problem.self) { try VersionRequirement(parsing: text) }
        }
    }
}
