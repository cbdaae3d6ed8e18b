import GuildCodex
import GuildDomain
import Testing

@Suite struct ActionLimitsTests {
    private static func agent(_ more: String) -> String {
        """
        apiVersion: guild/v1
        kind: Agent
        metadata: { name: ranger, chapter: Payments }
        spec:
          model: replayed
        \(more)
        """
    }

    private static func chapter(_ actions: String) -> String {
        """
        apiVersion: guild/v1
        kind: Chapter
        metadata: { name: payments }
        spec: { master: ranger, actions: \(actions) }
        """
    }

    private static func guild(_ actions: String) -> String {
        """
        apiVersion: guild/v1
        kind: Guild
        metadata: { name: acme }
        spec: { defaults: { actions: \(actions) } }
        """
    }

    private func limits(_ changes: [String: String?]) throws -> [Limit<Int64>] {
        let snapshot = try SmallCodex.validate(changes).get()
        let ranger = try #require(snapshot.agent("ranger"))
        return ActionCap.allCases.map { snapshot.limit($0, of: ranger) }
    }

    @Test func `without a word of any manifest the caps are the built-in ones`() throws {
        let found = try limits([:])
        #expect(found.map(\.value) == [20, 200, 10])
        #expect(found.allSatisfy { $0.origin == .builtIn })
    }

    @Test func `the agent's own cap wins, then its chapter's, then the organisation's`() throws {
        let changes = [
            "agents/ranger.yaml": Self.agent("  actions: { perInvocation: 5 }"),
            "chapters/payments.yaml": Self.chapter("{ perInvocation: 6, perHour: 60 }"),
            "guild.yaml": Self.guild("{ perInvocation: 7, perHour: 70, perSubjectPerDay: 3 }"),
        ]
        let found = try limits(changes)
        #expect(found.map(\.value) == [5, 60, 3])
        #expect(
            found.map { "\($0.origin)" } == ["agents/ranger.yaml:6", "chapters/payments.yaml:4", "guild.yaml:4"])
        let snapshot = try SmallCodex.validate(changes).get()
        let caps = snapshot.actionCaps(of: try #require(snapshot.agent("ranger")))
        #expect(caps[.perHour] == ActionCaps.Limit(60, setting: "chapters/payments.yaml:4"))
        #expect(ActionCaps(json: caps.json) == caps)
    }

    @Test func `the block may stand among the resources too, but not in both places`() throws {
        let inResources = Self.agent("  resources: { actions: { perHour: 9 } }")
        #expect(try limits(["agents/ranger.yaml": inResources]).map(\.value) == [20, 9, 10])
        let twice = Self.agent("  resources: { actions: { perHour: 9 } }\n  actions: { perHour: 8 }")
        let result = SmallCodex.validate(["agents/ranger.yaml": twice])
        #expect(result.problems.map(\.path) == ["spec.actions"])
    }

    @Test(arguments: ["-1", "100001", "many", "1.5", "99999999999999999999"])
    func `what is no number of actions is an error at its place`(written: String) throws {
        for (file, text) in [
            ("agents/ranger.yaml", Self.agent("  actions: { perHour: \(written) }")),
            ("chapters/payments.yaml", Self.chapter("{ perHour: \(written) }")),
            ("guild.yaml", Self.guild("{ perHour: \(written) }")),
        ] {
            let problems = SmallCodex.validate([file: text]).problems.filter { $0.severity == .error }
            #expect(problems.map(\.file) == [file])
            #expect(problems.first?.path.hasSuffix("actions.perHour") == true)
        }
        let unknown = SmallCodex.validate(["agents/ranger.yaml": Self.agent("  actions: { perDay: 3 }")])
        #expect(unknown.problems.contains { $0.path.contains("actions") && $0.severity == .error })
    }
}
