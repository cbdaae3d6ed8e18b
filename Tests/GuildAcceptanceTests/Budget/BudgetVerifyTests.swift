import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Budget {
    struct BudgetVerifyTests {
        private static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

        @Test func `sound books say how much was checked`() async throws {
            let codex = try await Budget.used(runs: 2)
            let verified = try await codex.json("budget", "verify")
            #expect(verified["sound"] == true)
            #expect(verified["findings"] == [])
            #expect(try #require(verified.value(at: ["checked", "entries"])?.integer) >= 4)
            let text = try await codex.guild("budget", "verify")
            #expect(text.status == 0)
            #expect(text.output.hasPrefix("sound: "))
            #expect(text.output.contains("entries"))
        }

        @Test(.enabled("python3 has sqlite3") { hasPython })
        func `a counter that somebody changed is found, exit 1`() async throws {
            let codex = try await Budget.used(runs: 1)
            let change = try await ChildProcess.run(
                "/usr/bin/env",
                [
                    "python3", "-c",
                    """
                    import sqlite3, sys
                    with sqlite3.connect(sys.argv[1]) as connection:
                        connection.execute("UPDATE accounts SET used = used - 1 WHERE name = 'agent/greeter'")
                    """, codex.ledger,
                ])
            #expect(change.status == 0, "\(change.errors)")
            let verified = try await codex.guild("budget", "verify")
            #expect(verified.status == 1)
            #expect(verified.output.contains("agent/greeter"))
            #expect(verified.output.contains("1 findings") || verified.output.contains("findings"))
            let document = try JSONParser.parse(try await codex.guild("budget", "verify", "-o", "json").output)
            #expect(document["sound"] == false)
            #expect(document.value(at: ["findings", "0", "place"])?.string?.contains("agent/greeter") == true)
        }

        @Test func `without a ledger there is nothing to verify`() async throws {
            let codex = try await TemporaryCodex.clerk()
            expectRefusal(try await codex.guild("budget", "verify"), 6, codex.ledger, "no ledger at")
        }
    }
}
