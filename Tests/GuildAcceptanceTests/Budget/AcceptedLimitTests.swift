import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Budget {
    /// What is shown as in force is what runs obey: the limits of the accepted commit.
    struct AcceptedLimitTests {
        private func limit(_ shown: JSONValue, _ name: String) -> JSONValue? {
            shown["limits"]?.array?.first { $0["name"]?.string == name }
        }

        @Test func `limits of a commit that is not accepted are told apart from those in force`() async throws {
            let standIn = try await StandInProcess.start()
            func agent(_ perDay: Int) -> String {
                ClerkCodex.agent(
                    more:
                        "  resources: { tokenBudget: { perDay: \(perDay) } }\n  actions: { perHour: \(perDay / 1000) }")
            }
            let codex = try await TemporaryCodex.clerk(
                model: standIn.baseURL, github: standIn.baseURL, changing: ["agents/clerk.yaml": agent(700_000)])
            #expect(try await codex.guild("serve", "--once", "executor").status == 0)
            let before = try await codex.json("budget", "show", "clerk")
            #expect(before["not_accepted"] == .null)
            try codex.write(["agents/clerk.yaml": agent(900_000)])
            try await codex.commit()

            let account = try await codex.json("budget", "show", "clerk")
            #expect(limit(account, "tokenBudget.perDay")?["value"] == 700_000)
            #expect(account.value(at: ["not_accepted", "limits", "0", "value"]) == 900_000)
            let text = try await codex.guild("budget", "show", "clerk")
            #expect(text.output.contains("sets other limits, which apply once `guild serve` accepts it"))
            let agent = try await codex.json("registry", "show", "clerk")
            #expect(limit(agent, "tokenBudget.perDay")?["value"] == 700_000)
            #expect(limit(agent, "tokenBudget.perDay")?["not_accepted"] == 900_000)
            #expect(limit(agent, "actions.perHour")?["value"] == 700)
            #expect(try await codex.guild("registry", "show", "clerk").output.contains("sets other limits"))
            for command in ["report", "forecast"] {
                let said = try await codex.guild("budget", command)
                #expect(said.errors.contains("these are the limits of the accepted commit"), "\(command)")
            }

            #expect(try await codex.guild("serve", "--once", "executor").status == 0)
            let after = try await codex.json("budget", "show", "clerk")
            #expect(limit(after, "tokenBudget.perDay")?["value"] == 900_000)
            #expect(after["not_accepted"] == .null)
            #expect(try await codex.guild("budget", "report").errors.isEmpty)
        }
    }
}
