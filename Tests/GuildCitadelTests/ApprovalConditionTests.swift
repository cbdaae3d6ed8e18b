import GuildCitadel
import GuildCodex
import GuildDomain
import GuildOffice
import Testing

/// Conditions of approvals over what GitHub's writes really carry: one that can never hold would let everything through.
struct ApprovalConditionTests {
    private func problems(_ files: [String: String]) throws -> [String] {
        let folder = try TemporaryFolder()
        try folder.write(OfficeCodex.files().merging(files) { $1 }, in: "codex")
        let result = try CodexLoader.load(folder: folder.path + "/codex", systems: CodexAccess.systems)
        return result.problems.filter { $0.severity == .error }.map(\.text)
    }

    private func approval(_ rule: String) throws -> [String] {
        try problems(["policies/s.yaml": OfficeCodex.manifest("SafetyPolicy", "s", "approvals:\n  - \(rule)")])
    }

    @Test(arguments: [
        "{ fields: [number], conditions: { number: [77, { numeric: [\">=\", 5] }] } }",
        "{ fields: [labels], conditions: { labels: [\"2024\", { prefix: severity/ }, { anything-but: [bug] }] } }",
        "{ fields: [label], conditions: { label: [{ exists: true }] } }",
        "{ fields: [comment], conditions: { comment: [1001, { anything-but: 7 }] } }",
        "{ fields: [state], conditions: { state: [Success, { prefix: pend }, { equals-ignore-case: ERROR }] } }",
        "{ fields: [repository], conditions: { repository: [Acme/Secret, { prefix: acme/ }, { wildcard: \"*/s*\" }] } }",
        "{ fields: [mentions], conditions: { mentions: [\"@acme/everyone\"], repository: [acme/shop] } }",
        "{ tools: [github.create_issue], conditions: { $or: [{ title: [x] }, { labels: [y] }] } }",
        "{ fields: [commit], conditions: { commit: [{ prefix: abc }] } }",
    ])
    func `a condition that can hold is taken`(rule: String) throws { #expect(try approval(rule) == []) }

    @Test(arguments: [
        ("{ fields: [number], conditions: { number: [\"77\"] } }", "conditions.number: \"77\" is not a value", "'77'"),
        ("{ fields: [number], conditions: { number: [{ prefix: \"6\" }] } }", "a number from 1", ""),
        ("{ fields: [number], conditions: { number: [0] } }", "a number from 1", ""),
        ("{ fields: [number], conditions: { number: [{ numeric: [\"<\", 1] }] } }", "a number from 1", ""),
        ("{ fields: [number], conditions: { number: [77, \"78\"] } }", "\"78\" is not a value", "'78'"),
        ("{ fields: [number], conditions: { number: [{ anything-but: \"7\" }] } }", "anything but", "'7'"),
        ("{ fields: [comment], conditions: { comment: [\"1001\"] } }", "conditions.comment", "'1001'"),
        ("{ fields: [labels], conditions: { labels: [2024] } }", "expected text", "'\"2024\"'"),
        ("{ fields: [labels], conditions: { labels: [true] } }", "expected text", "'\"true\"'"),
        ("{ fields: [labels], conditions: { labels: [null] } }", "null is not a value that 'labels' can have", ""),
        ("{ fields: [labels], conditions: { labels: [{ numeric: [\">\", 1] }] } }", "expected text", ""),
        ("{ fields: [labels], conditions: { labels: { name: [bug] } } }", "'name' within 'labels'", ""),
        ("{ fields: [mentions], conditions: { mentions: [7] } }", "expected text", "'\"7\"'"),
        ("{ fields: [state], conditions: { state: [sucess] } }", "one of error, failure", "'success'"),
        ("{ fields: [state], conditions: { state: [{ suffix: x }] } }", "one of error, failure", ""),
        ("{ fields: [repository], conditions: { repository: [secret] } }", "expected OWNER/REPO", ""),
        ("{ fields: [repository], conditions: { repository: [\"github:acme/secret\"] } }", "OWNER", "'acme/secret'"),
        ("{ fields: [repository], conditions: { repository: [{ prefix: \"github:\" }] } }", "OWNER/REPO", ""),
        ("{ fields: [repository], conditions: { repository: [{ equals-ignore-case: secret }] } }", "OWNER/REPO", ""),
        ("{ fields: [repository], conditions: { repository: [{ cidr: 10.0.0.0/8 }] } }", "OWNER/REPO", ""),
        ("{ fields: [commit], conditions: { commit: [abc] } }", "at least 40", ""),
        ("{ fields: [number], conditions: { title: [x] } }", "no write with number has the field", ""),
        ("{ tools: [\"github.*\"], conditions: { labels: [x], comment: [7] } }", "no write has all of comment", ""),
    ])
    func `a condition that never holds is an error at its place`(rule: String, word: String, hint: String) throws {
        let found = try approval(rule)
        #expect(found.count == 1, "\(found)")
        #expect(found[0].hasPrefix("policies/s.yaml:6:") && found[0].contains(word), "\(found)")
        #expect(hint.isEmpty || found[0].contains("did you mean \(hint)?"), "\(found)")
    }

    @Test func `a rule of conditions alone is told that it needs tools or fields`() throws {
        let found = try approval("{ conditions: { labels: [bug] } }")
        #expect(found.count == 1 && found[0].contains("a list of tool patterns, or `fields`"), "\(found)")
    }

    @Test(arguments: [
        ("{ type: webhook, conditions: { hop: [\"0\"] } }", "'0'"),
        ("{ type: webhook, conditions: { guildown: [\"true\"] } }", "true or false"),
        ("{ type: webhook, conditions: { subject: [42] } }", "'\"42\"'"),
        ("{ type: webhook, conditions: { priority: [P1] } }", "one of CRITICAL, HIGH"),
        ("{ type: webhook, conditions: { source: { url: [x] } } }", "'url' within 'source'"),
    ])
    func `a trigger's condition asks of an attribute what it can be`(trigger: String, word: String) throws {
        let found = try problems(["agents/clerk.yaml": OfficeCodex.agent("clerk", "triggers:\n  - \(trigger)")])
        #expect(found.count == 1 && found[0].contains(word), "\(found)")
    }

    @Test(arguments: [
        "github/octocat", "github/+777", "\"github/ 777\"", "github/0777", "github/99999999999999999999", "gitlab/1",
        "GitHub/1", "github/0", "github/-1",
    ])
    func `a sender that no event can have is refused`(name: String) throws {
        let policy = OfficeCodex.manifest(
            "RateLimitPolicy", "r", "limits:\n  - { scope: sender, match: \(name), requests_per_hour: 1 }")
        let found = try problems(["policies/r.yaml": policy])
        #expect(found.count == 1 && found[0].hasPrefix("policies/r.yaml:6:31: error: "), "\(found)")
    }

    @Test(arguments: ["github/583231", "github/unknown", "non-members"])
    func `a sender by number is taken`(name: String) throws {
        let policy = OfficeCodex.manifest(
            "RateLimitPolicy", "r", "limits:\n  - { scope: sender, match: \(name), requests_per_hour: 1 }")
        #expect(try problems(["policies/r.yaml": policy]) == [])
    }
}
