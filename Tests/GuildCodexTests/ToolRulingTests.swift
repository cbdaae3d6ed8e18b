import GuildCodex
import GuildDomain
import Testing

/// Which rule of a manifest decides on a call.
struct ToolRulingTests {
    private static let called = RunPlace(
        containers: [Container(system: "github", name: "acme/shop")],
        subjects: [RunPlace.Subject(system: "github", name: "acme/shop#42")])

    private func ruling(
        _ tools: String, _ tool: String = "github.create_issue_comment", on repository: String = "acme/shop",
        with more: (String, JSONValue) = ("number", 42), of run: RunPlace = called
    ) throws -> ToolRuling {
        let agent = try SmallCodex.agent("model: replayed\ntools:\n\(tools)")
        let operation = try #require(SmallCodex.systems.operations[tool])
        let arguments = JSONValue.object(JSONObject([("repository", .string(repository)), more]))
        return agent.ruling(on: operation, arguments: arguments, of: run)
    }

    private func autonomy(_ ruling: ToolRuling) -> Autonomy? {
        if case .rule(let rule) = ruling { rule.autonomy } else { nil }
    }

    @Test func `without on a rule holds where the run was called, and a denial everywhere`() throws {
        let agent = try SmallCodex.agent(
            """
            model: replayed
            tools:
              - { pattern: github.create_issue, autonomy: 0 }
              - { pattern: "github.*", autonomy: 1 }
            """)
        #expect(agent.tools.map(\.scope) == [.any, .container])
        let allow = "  - { pattern: \"github.*\", autonomy: 3 }"
        #expect(autonomy(try ruling(allow)) == .act)
        #expect(autonomy(try ruling(allow, on: "ACME/Shop")) == .act)
        #expect(autonomy(try ruling(allow, on: "other/repo")) == nil)
        let deny =
            "  - { pattern: github.create_issue_comment, autonomy: 0 }\n  - { pattern: \"github.*\", autonomy: 3, on: any }"
        #expect(autonomy(try ruling(deny, on: "other/repo")) == .deny)
        #expect(autonomy(try ruling(deny)) == .deny)
    }

    @Test func `the first rule whose pattern and on match decides`() throws {
        let tools = """
              - { pattern: "github.*", autonomy: 0, on: [acme/secret] }
              - { pattern: github.create_issue_comment, autonomy: 3, on: subject }
              - { pattern: github.create_issue_comment, autonomy: 2 }
              - { pattern: "github.*", autonomy: 1, on: ["acme/*"] }
            """
        #expect(autonomy(try ruling(tools)) == .act)
        #expect(autonomy(try ruling(tools, with: ("number", 43))) == .notify)
        #expect(autonomy(try ruling(tools, on: "acme/ops")) == .approve)
        #expect(autonomy(try ruling(tools, on: "Acme/SECRET")) == .deny)
        #expect(autonomy(try ruling(tools, on: "other/repo")) == nil)
        #expect(autonomy(try ruling(tools, on: "acme/ops", of: .nowhere)) == .approve)
    }

    @Test func `a denial holds before a wider rule whatever the spelling`() throws {
        let tools = """
              - { pattern: "github.*", autonomy: 0, on: [acme/secret] }
              - { pattern: "github.*", autonomy: 3, on: any }
            """
        for repository in [
            "acme/secret", "ACME/secret", "acme/secret/", "acme/secret.", "acme//secret", "acme/x/../secret",
        ] {
            #expect(autonomy(try ruling(tools, on: repository)) ?? .deny == .deny)
        }
        #expect(autonomy(try ruling(tools, on: "acme/secrets")) == .act)
    }

    @Test func `where the arguments hide whether it is the subject nothing later is asked`() throws {
        let tools = """
              - { pattern: github.update_issue_comment, autonomy: 1, on: subject }
              - { pattern: github.update_issue_comment, autonomy: 3 }
            """
        let hidden = try ruling(tools, "github.update_issue_comment", with: ("comment_id", 7))
        #expect(
            hidden
                == .refused(
                    "github.update_issue_comment: the rule 'github.update_issue_comment' holds only on what called it, and "
                        + "'comment_id' does not say whether that is what called you"))
        let status = try ruling(
            "  - { pattern: github.set_commit_status, autonomy: 3, on: subject }", "github.set_commit_status",
            with: ("sha", .string(String(repeating: "a", count: 40))))
        #expect(autonomy(status) == nil)
    }

    @Test func `the codex may be read wherever a run was called`() throws {
        let tools = "  - { pattern: codex.read, autonomy: 3, on: subject }"
        #expect(autonomy(try ruling(tools, "codex.read", of: .nowhere)) == .act)
        #expect(autonomy(try ruling("  - { pattern: \"*\", autonomy: 3 }", "codex.read", of: .nowhere)) == .act)
    }

    @Test func `a refusal says where the run was called and what the manifest allows`() throws {
        let tools = "  - { pattern: \"github.*\", autonomy: 3 }"
        #expect(
            try ruling(tools, on: "other/repo")
                == .refused(
                    "github.create_issue_comment on other/repo is out of reach: you were called in github:acme/shop, and your "
                        + "manifest allows it only where it was called"))
        guard case .refused(let why) = try ruling(tools, of: .nowhere) else {
            Issue.record("it is allowed")
            return
        }
        #expect(why.contains("what called you names no OWNER/REPO of github"))
        #expect(why.contains("guild run --on github:OWNER/REPO"))
    }
}
