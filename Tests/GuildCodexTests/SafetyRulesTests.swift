import GuildCodex
import GuildDomain
import Testing

struct SafetyRulesTests {
    private let safety: SafetyRules

    init() throws {
        safety = try CodexLoader.load(folder: GoodManifestTests.path, systems: SmallCodex.systems).get().safety
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

    private func waits(_ tool: String, _ arguments: JSONValue, _ fields: [OperationField] = []) -> Bool {
        safety.approvalRule(for: tool, carrying: CarriedFields(fields, of: arguments)) != nil
    }

    @Test func `approval depends on the arguments`() {
        #expect(waits("github.add_labels", ["labels": ["bug", "release-blocker"]]))
        #expect(!waits("github.add_labels", ["labels": ["bug"]]))
        #expect(!waits("github.create_issue", ["labels": ["release-blocker"]]))
    }

    @Test func `the rule that asks for a person is named with its place`() throws {
        let rule = try #require(
            safety.approvalRule(
                for: "github.add_labels", carrying: CarriedFields([], of: ["labels": ["release-blocker"]])))
        #expect(rule.hasPrefix("SafetyPolicy ") && rule.contains(", approvals["))
        #expect(rule.contains(".yaml:"))
    }

    @Test func `arguments are compared as their system compares them`() {
        let labels = OperationField("labels", argument: "labels")
        #expect(waits("github.add_labels", ["labels": ["Release-Blocker"]], [labels]))
        #expect(!waits("github.add_labels", ["labels": ["Release-Blocker"]]))
    }

    @Test func `a field names every write that carries it, and with tools both must hold`() {
        var policy = SafetyPolicy(metadata: Metadata(name: "s"))
        policy.approvals = [.init(tools: ["a.*"], fields: ["body", "labels"]), .init(tools: [], fields: ["title"])]
        let rules = SafetyRules([policy])
        func waits(_ tool: String, _ argument: String) -> Bool {
            let fields = [
                OperationField("body", argument: "text"), OperationField("labels", argument: "label"),
                OperationField("title", argument: "title"),
            ]
            return rules.approvalRule(
                for: tool, carrying: CarriedFields(fields, of: JSONValue.object([argument: "x"]))) != nil
        }
        #expect(waits("a.b", "text") && waits("a.b", "label") && waits("a.b", "title") && waits("c.d", "title"))
        #expect(!waits("c.d", "text") && !waits("a.b", "other"))
    }
}
