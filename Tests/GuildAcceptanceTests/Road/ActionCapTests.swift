import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// One issue, and a model that wants to write everywhere: the caps on what an agent does before a person is asked.
    struct ActionCapTests {
        private static func flood(_ count: Int, on subjects: Int) -> JSONValue {
            let tools = (0..<count).map { number -> JSONValue in
                [
                    "name": "github__create_issue_comment",
                    "input": [
                        "repository": .string("acme/shop\(number % subjects)"), "number": 1,
                        "body": .string("comment \(number)"),
                    ],
                ]
            }
            return [["tools": .array(tools)], ["text": "done"]]
        }

        private func codex(_ github: StandInProcess, _ actions: String) async throws -> TemporaryCodex {
            // It may write everywhere, so that only the caps hold it.
            let agent = ClerkCodex.agent(more: "  actions: \(actions)")
                .replacing("\"github.*\", autonomy: 3", with: "\"github.*\", autonomy: 3, on: any")
            return try await TemporaryCodex.clerk(
                model: github.baseURL, github: github.baseURL, changing: ["agents/clerk.yaml": agent])
        }

        private func carryOn(_ codex: TemporaryCodex) async throws {
            let served = try await codex.guild("serve", "--once", "executor", "action-executor")
            #expect(served.status == 0, "\(served.errors)")
        }

        @Test func `one run writes no more than its cap until a person agrees to the next allotment`() async throws {
            let github = try await StandInProcess.start()
            let codex = try await codex(github, "{ perInvocation: 4 }")
            try await github.setScript(Self.flood(12, on: 12))
            let run = try await codex.guild("run", "clerk", "Tell everybody.", "--approve", "none")
            #expect(run.status == 5, "\(run.errors)")
            #expect(run.errors.contains("past actions.perInvocation of 4 (agents/clerk.yaml:"))
            try await carryOn(codex)
            #expect(try await github.effects().count == 4)

            let waiting = try await codex.json("audit", "approvals").array ?? []
            #expect(waiting.count == 8)
            #expect(waiting.first?["waits_because"]?.string?.hasPrefix("past actions.perInvocation of 4") == true)
            let listed = try await codex.guild("audit", "approvals")
            #expect(listed.output.contains("4 used by this run"))
            #expect(listed.output.contains("approving it also releases 3 other waiting actions ("))
            let status = try await codex.json("status")
            #expect(status.value(at: ["caps", "waiting", "0", "waiting"]) == 8)
            #expect(status.value(at: ["caps", "waiting", "0", "cap"]) == "actions.perInvocation")
            let queue = try await codex.json("dispatch", "queue")
            let why = queue.value(at: ["invocations", "0", "waits_for"])?.string ?? ""
            #expect(why.hasPrefix("a person, past actions.perInvocation of 4"))
            #expect(why.hasSuffix("guild audit approvals"))
            let asked = try await codex.audit("approval.requested")
            #expect(asked.allSatisfy { $0["body"]?["cap"] == "actions.perInvocation" })

            let ids = waiting.compactMap { $0["id"]?.string }
            // The second and third of the list are out with the first: agreeing to them again is no error.
            let approved = try await codex.guild("audit", "approve", ids[0], ids[1], ids[2])
            #expect(approved.status == 0, "\(approved.errors)")
            #expect(approved.output.contains("approved \(ids[0])"))
            for id in ids[1...3] { #expect(approved.output.contains("and also \(id) ")) }
            #expect(!approved.output.contains("and also \(ids[4]) "))
            try await carryOn(codex)
            #expect(try await github.effects().count == 8)
            #expect(try await codex.json("audit", "approvals").array?.count == 4)
            #expect(try await codex.guild("audit", "approve", ids[7]).status == 0)
            try await carryOn(codex)
            #expect(try await github.effects().count == 12)
            #expect(try await codex.json("audit", "approvals") == [])
            #expect(try await codex.isAuditValid())
        }

        @Test func `one issue gets no more than its day's comments, in whatever case its repository is written`()
            async throws
        {
            let github = try await StandInProcess.start()
            let codex = try await codex(github, "{ perSubjectPerDay: 3 }")
            let comments = ["acme/shop", "Acme/Shop", "ACME/SHOP", "acme/shOp", "acme/other"].map { name -> JSONValue in
                [
                    "name": "github__create_issue_comment",
                    "input": ["repository": .string(name), "number": 1, "body": "hello"],
                ]
            }
            let labels = (0..<8).map { number -> JSONValue in
                [
                    "name": "github__add_labels",
                    "input": ["repository": "acme/shop", "number": 1, "labels": [.string("l\(number)")]],
                ]
            }
            try await github.setScript([["tools": .array(comments + labels)], ["text": "done"]])
            let run = try await codex.guild("run", "clerk", "Comment on it.", "--approve", "none")
            #expect(run.status == 5, "\(run.errors)")
            try await carryOn(codex)
            let kinds = try await github.effects().compactMap { $0["kind"]?.string }
            #expect(kinds.count { $0 == "comment_created" } == 4)
            #expect(kinds.count { $0 == "labels_added" } == 8)
            let waiting = try await codex.json("audit", "approvals").array ?? []
            #expect(waiting.map { $0["arguments"]?["repository"] } == ["acme/shOp"])
        }

        @Test func `show says where a cap comes from, and a plan marks a raised one`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let shown = try await codex.json("registry", "show", "clerk")["limits"]?.array ?? []
            let caps = shown.filter { $0["name"]?.string?.hasPrefix("actions.") == true }
            #expect(caps.map { $0["value"] } == [20, 200, 10])
            #expect(caps.allSatisfy { $0["from"] == "built in" && $0["unit"] == "actions" })
            try codex.write(["guild.yaml": ClerkCodex.guild(defaults: "actions: { perHour: 500, perInvocation: 5 }")])
            try await codex.commit()
            let plan = try await codex.json("registry", "plan", "HEAD~1", "HEAD")["changes"]?.array ?? []
            let mine = plan.filter { $0["subject"] == "agent clerk" }
            #expect(mine.first { $0["what"] == "actions.perHour" }?["effect"] == "widens")
            #expect(mine.first { $0["what"] == "actions.perInvocation" }?["effect"] == "narrows")
            let text = try await codex.guild("registry", "plan", "HEAD~1", "HEAD")
            #expect(text.output.contains("200 → 500  [more]"), "\(text.output)")
        }
    }
}
