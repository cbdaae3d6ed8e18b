import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Budget {
    struct BudgetForecastTests {
        @Test func `a forecast of little data says so`() async throws {
            let codex = try await Budget.used(runs: 2)
            let forecast = try await codex.json("budget", "forecast", "--days", "10")
            let accounts = try #require(forecast["accounts"]?.array)
            #expect(accounts.map { $0["account"] } == ["organization", "agent/greeter"])
            for account in accounts {
                #expect(account["basis"] == "mean")
                #expect(account["weekly_change_percent"] == .null)
                // What was used so far stands for a day.
                #expect(account["tokens"] == .integer(2 * Budget.runTokens * 10))
            }
            let text = try await codex.guild("budget", "forecast").output
            #expect(text.contains("no trend"))
            // What the figures of the days are made of, not the pace of the first hour.
            let row = text.split(separator: "\n").first { $0.contains("agent/greeter") }
            let perDay = row?.split(separator: " ").dropFirst().first?.filter { $0 != "," }
            #expect(perDay == "\(2 * Budget.runTokens)", "\(text)")
        }

        @Test func `a schedule adds a run of the usual size at each of its due times`() async throws {
            let codex = try await Budget.used(runs: 1)
            let file = URL(fileURLWithPath: codex.repository + "/agents/greeter.yaml")
            let text = try String(contentsOf: file, encoding: .utf8)
            let start = try #require(text.range(of: "  triggers:"))
            try codex.write([
                "agents/greeter.yaml": text.replacingCharacters(
                    in: start, with: "  triggers:\n    - { type: cron, name: hourly, schedule: \"0 * * * *\" }")
            ])
            try await codex.commit()
            let forecast = try await codex.json("budget", "forecast", "--days", "5")
            let greeter = try #require(forecast["accounts"]?.array?.last)
            #expect(greeter["scheduled_runs"] == 120)
            #expect(greeter["scheduled_tokens"] == .integer(120 * Budget.runTokens))
            #expect(greeter["tokens"] == .integer((120 + 5) * Budget.runTokens))
            // 24 runs of 700 and the day's own fit the 50,000 of its day.
            #expect(greeter.value(at: ["limits", "0", "exhausted_at"]) == .null)
        }

        @Test(arguments: ["0", "367", "soon", "-3"])
        func `days that are none are refused`(days: String) async throws {
            let codex = try await TemporaryCodex.clerk()
            let refused = try await codex.guild("budget", "forecast", "--days=\(days)")
            #expect(refused.status == 2)
            #expect(refused.errors.contains(days))
        }
    }
}
