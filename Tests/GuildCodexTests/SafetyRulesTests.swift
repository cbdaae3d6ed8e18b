import GuildCodex
import GuildDomain
import Testing

struct SafetyRulesTests {
    private let safety: SafetyRules

    init() throws {
        safety = try CodexLoader.load(folder: GoodManifestTests.path, catalogue: SmallCodex.catalogue).get().safety
    }

    @Test(arguments: [
        ("github.set_commit_status", "2026-07-03T10:59:00Z", false),  // Friday, 11:59 in London's summer
        ("github.set_commit_status", "2026-07-03T11:00:00Z", true),
        ("github.request_review", "2026-07-03T22:59:59Z", true),
        ("github.request_review", "2026-07-03T23:00:00Z", false),  // Saturday there
        ("github.request_review", "2026-07-02T12:00:00Z", false),
        ("github.add_labels", "2026-07-03T12:00:00Z", false),
        ("github.create_issue", "2026-07-05T21:00:00Z", true),  // Sunday 22:00
        ("github.create_issue", "2026-07-06T01:00:00Z", true),  // the same night, Monday 02:00
        ("github.create_issue", "2026-07-06T01:01:00Z", false),
        ("github.create_issue", "2026-07-04T23:30:00Z", false),  // Sunday 00:30: Saturday's night is free
    ])
    func `a freeze holds by the wall clock of its own zone`(tool: String, time: String, isFrozen: Bool) throws {
        #expect((safety.freeze(of: tool, at: try #require(Timestamp(rfc3339: time))) != nil) == isFrozen)
    }

    @Test func `approval depends on the arguments`() {
        #expect(safety.requiresApproval(of: "github.add_labels", arguments: ["labels": ["bug", "release-blocker"]]))
        #expect(!safety.requiresApproval(of: "github.add_labels", arguments: ["labels": ["bug"]]))
        #expect(!safety.requiresApproval(of: "github.create_issue", arguments: ["labels": ["release-blocker"]]))
    }
}
