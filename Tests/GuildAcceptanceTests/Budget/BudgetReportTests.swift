import Foundation
import GuildDomain
import GuildTestSupport
import Testing
import Yams

extension Budget {
    struct BudgetReportTests {
        @Test func `a report has the same figures however it is grouped and printed`() async throws {
            let codex = try await Budget.used(runs: 2)
            for by in ["agent", "chapter", "model", "day", "root"] {
                let report = try await codex.json("budget", "report", "--by", by)
                #expect(report["protocol"] == "MANA_REPORT_V1")
                #expect(report["by"] == .string(by))
                let lines = try #require(report["breakdown"]?.array)
                #expect(lines.count == (by == "root" ? 2 : 1), "\(by)")
                #expect(lines.compactMap { $0["used"]?.integer }.reduce(0, +) == 2 * Budget.runTokens, "\(by)")
                #expect(lines.compactMap { $0["calls"]?.integer }.reduce(0, +) == 2, "\(by)")
                for line in lines {
                    let classes = try #require(line["tokens"]?.object)
                    #expect(classes.keys == ["input", "cache_read", "cache_write", "output", "reasoning", "total"])
                    #expect(line["tokens"]?["total"] == line["used"], "\(by)")
                }
                #expect(report.value(at: ["total", "tokens"]) == .integer(2 * Budget.runTokens))
                #expect(report["omitted"] == 0)
            }
            let yaml = try await codex.guild("budget", "report", "-o", "yaml")
            let document = try #require(try Yams.load(yaml: yaml.output) as? [String: Any])
            #expect(document["protocol"] as? String == "MANA_REPORT_V1")
            let csv = try await codex.guild("budget", "report", "-o", "csv").output
            let rows = csv.components(separatedBy: "\r\n")
            #expect(rows[0].hasPrefix("agent,calls,input,cache_read,cache_write,output,reasoning,total,cost,estimated"))
            #expect(rows[1].hasPrefix("greeter,2,"))
            let quiet = try await codex.guild("budget", "report", "--quiet").output
            #expect(quiet.hasPrefix("greeter"))
            #expect(quiet.split(separator: "\n").count == 1)
        }

        @Test func `what remains names its account, its pace and its end`() async throws {
            let codex = try await Budget.used(runs: 1)
            let report = try await codex.json("budget", "report")
            let pool = try #require(report["budget_remaining"]?.array)
            let day = try #require(pool.first { $0["period"] == "day" && $0["unit"] == "tokens" })
            #expect(day["account"] == "organization")
            #expect(day["used"] == .integer(Budget.runTokens))
            let limit = try #require(day["limit"]?.integer)
            #expect(day["remaining"] == .integer(limit - Budget.runTokens))
            #expect(try #require(day["burn_rate_daily"]?.integer) > 0)
            #expect(day["projected_exhaustion"] == .null)
            #expect(report.value(at: ["breakdown", "0", "limits", "0", "account"]) == "agent/greeter")
            #expect(report["burn_rate_daily"]?.integer != nil)
        }

        @Test func `a period is a span, a date or an instant, and an empty one is refused`() async throws {
            let codex = try await Budget.used(runs: 1)
            for since in ["7d", "2026-01-01", "2026-01-01T08:30", "2026-01-01T08:30:00Z"] {
                let report = try await codex.json("budget", "report", "--since", since)
                #expect(report.value(at: ["total", "calls"]) == 1, "\(since)")
            }
            let past = try await codex.json("budget", "report", "--since", "2020-01-01", "--until", "2020-02-01")
            #expect(past["breakdown"] == [])
            #expect(past.value(at: ["period", "since"]) == "2020-01-01T00:00:00Z")
            #expect(past["burn_rate_daily"] == 0)
            expectRefusal(
                try await codex.guild("budget", "report", "--since", "2020-02-01", "--until", "2020-01-01"), 2,
                "the period is empty", "hint: ")
            expectRefusal(
                try await codex.guild("budget", "report", "--since", "yesterday"), 2, "--since 'yesterday'", "hint: ")
            expectRefusal(
                try await codex.guild("budget", "report", "--by", "day", "--since", "1990-01-01"), 2, "1000 days")
            expectRefusal(try await codex.guild("budget", "report", "--by", "week"), 2, "week")
        }

        @Test(.enabled("script makes a terminal") { Terminal.isThere })
        func `bars are for a terminal, as wide as it is, in characters that it has`() async throws {
            let codex = try await Budget.used(runs: 1)
            let piped = try await codex.guild(
                "budget", "report", "--color", "always", overriding: ["LC_ALL": "C.UTF-8"])
            #expect(!piped.output.contains("█"))
            #expect(piped.output.contains("\u{1B}["))

            let seen = try await Terminal.run(
                "budget", "report", "--color", "never", columns: 110, in: codex, overriding: ["LC_ALL": "C.UTF-8"])
            #expect(seen.output.contains("█"))
            #expect(!seen.output.contains("\u{1B}["))
            let widths = seen.output.split(whereSeparator: \.isNewline).map(\.count)
            #expect(try #require(widths.max()) <= 110)

            let ascii = try await Terminal.run("budget", "report", columns: 110, in: codex)
            #expect(ascii.output.contains("####"))
            let isASCII = ascii.output.utf8.allSatisfy { $0 < 0x80 }
            #expect(isASCII)

            let bare = try await Terminal.run(
                "budget", "report", columns: 110, in: codex, overriding: ["NO_COLOR": "1"])
            #expect(!bare.output.contains("\u{1B}["))
            let narrow = try await Terminal.run("budget", "report", columns: 20, in: codex)
            #expect(!narrow.output.contains("####"))
        }

        @Test func `without a ledger there is nothing, and none is made`() async throws {
            let codex = try await Budget.used(runs: 0)
            for command in ["report", "forecast"] {
                let finished = try await codex.guild("budget", command)
                #expect(finished.status == 0)
                #expect(finished.output.contains("there is no ledger"))
                let report = try await codex.json("budget", command)
                #expect(report["protocol"] != nil)
            }
            #expect(!FileManager.default.fileExists(atPath: codex.ledger))
        }
    }
}
