import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// What people see of where an agent may act, and that the binary keeps to it.
    struct ContainmentTests {
        private static func clerk(_ rules: String) -> [String: String?] {
            [
                "agents/clerk.yaml": ClerkCodex.agent().replacingOccurrences(
                    of: "    - { pattern: \"github.*\", autonomy: 3 }\n", with: rules)
            ]
        }

        private static let script: JSONValue = [
            [
                "tools": [
                    [
                        "name": "github__create_issue_comment",
                        "input": ["repository": "Acme/Shop", "number": 1, "body": "hi"],
                    ],
                    [
                        "name": "github__create_issue_comment",
                        "input": ["repository": "other/repo", "number": 1, "body": "hi"],
                    ],
                ]
            ], ["text": "Enough."],
        ]

        @Test func `a run by hand reaches nothing, and with --on that one repository in any case`() async throws {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript(Self.script)
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: standIn.baseURL)
            let run = try await codex.guild("run", "clerk", "Comment.", "--on", "github:acme/shop")
            #expect(run.status == 5, "\(run.errors)")
            #expect(run.errors.contains("github.create_issue_comment on other/repo is out of reach"))
            #expect(run.errors.contains("on other/repo#1 was refused by the manifest or a policy"), "\(run.errors)")
            #expect(try await standIn.effects().count == 1)
            try await standIn.setScript(Self.script)
            let bare = try await codex.guild("run", "clerk", "Comment.")
            #expect(bare.errors.contains("what called you names no OWNER/REPO of github"), "\(bare.errors)")
            #expect(try await standIn.effects().count == 1)
        }

        @Test(arguments: [
            ("acme/shop", "is not of the form SYSTEM:CONTAINER"), ("githb:acme/shop", "did you mean 'github'?"),
            ("github:acme", "must be github:OWNER/REPO"), ("github:acme/*", "must be github:OWNER/REPO"),
            ("github:acme/shop/", "must be github:OWNER/REPO"), ("github:", "is not of the form"),
        ])
        func `what --on cannot mean is refused`(place: String, words: String) async throws {
            let codex = try await TemporaryCodex.clerk()
            let run = try await codex.guild("run", "clerk", "hello", "--on", place)
            #expect(run.status == 2)
            #expect(run.errors.contains(words), "\(run.errors)")
        }

        @Test func `show, validate and a dry run say where each rule holds`() async throws {
            let codex = try await TemporaryCodex.clerk(
                changing: Self.clerk(
                    """
                        - { pattern: github.create_issue, autonomy: 1, on: ["acme/*"] }
                        - { pattern: "github.*", autonomy: 3 }

                    """))
            let shown = try await codex.json("registry", "show", "clerk")
            #expect(shown["tools"]?.array?.map { $0["on"] } == ["container", ["acme/*"], "container"])
            let text = try await codex.guild("registry", "show", "clerk").output
            #expect(text.contains("github.create_issue  1 a person must approve  on acme/*"), "\(text)")
            let validated = try await codex.guild("registry", "validate").output
            #expect(validated.contains("github.*"), "\(validated)")
            #expect(validated.contains("where it was called  github.add_assignees"), "\(validated)")
            #expect(validated.contains("on acme/*            github.create_issue"), "\(validated)")
            let dry = try await codex.json("run", "clerk", "hello", "--on", "github:acme/shop", "--dry-run")
            #expect(dry["called_in"] == ["github:acme/shop"])
            let tool = dry["tools"]?.array?.first { $0["name"] == "github.create_issue" }
            #expect(tool?["rules"]?.array?.map { $0["on"] } == [["acme/*"], "container"])
            let preview = try await codex.guild("run", "clerk", "hello", "--dry-run").output
            #expect(preview.contains("called in\n  nowhere"), "\(preview)")
            #expect(preview.contains("github.create_issue  autonomy 1 on acme/*; 3 where it was called"), "\(preview)")
        }

        @Test func `a plan marks any and wider lists`() async throws {
            let codex = try await TemporaryCodex.clerk(
                changing: Self.clerk("    - { pattern: github.add_labels, autonomy: 3 }\n"))
            func plan(_ rules: String) async throws -> String {
                try codex.write(Self.clerk(rules).compactMapValues(\.self))
                try await codex.commit()
                return try await codex.guild("registry", "plan", "HEAD~1", "HEAD").output
            }
            let list = try await plan("    - { pattern: github.add_labels, autonomy: 3, on: [acme/ops] }\n")
            #expect(list.contains("github.add_labels on [acme/ops]"), "\(list)")
            #expect(list.contains("[more]"), "\(list)")
            let wider = try await plan("    - { pattern: github.add_labels, autonomy: 3, on: [acme/ops, acme/shop] }\n")
            #expect(wider.contains("github.add_labels on [acme/shop]") && wider.contains("[more]"), "\(wider)")
            let narrower = try await plan("    - { pattern: github.add_labels, autonomy: 3, on: [acme/shop] }\n")
            #expect(!narrower.contains("[more]"), "\(narrower)")
            let any = try await plan("    - { pattern: github.add_labels, autonomy: 3, on: any }\n")
            #expect(any.contains("github.add_labels on any") && any.contains("[more]"), "\(any)")
            let denied = try await plan(
                """
                    - { pattern: github.add_labels, autonomy: 0, on: [acme/secret] }
                    - { pattern: github.add_labels, autonomy: 3, on: any }

                """)
            #expect(denied.contains("github.add_labels on [acme/secret]") && !denied.contains("[more]"), "\(denied)")
            let again = try await plan("    - { pattern: github.add_labels, autonomy: 3, on: any }\n")
            #expect(again.contains("[more]"), "\(again)")
        }
    }
}
