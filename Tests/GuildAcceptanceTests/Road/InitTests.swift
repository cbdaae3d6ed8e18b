import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// The first five minutes with the binary, on a machine that has nothing set up.
    struct InitTests {
        /// No home, no ledger named, no secret, and a locale that is not UTF-8.
        private static func variables(_ locale: String) -> [String: String?] {
            [
                "LC_ALL": locale, "LANG": locale, "GUILD_LEDGER": nil, "MODEL_KEY": nil, "GITHUB_TOKEN": nil,
                "GITHUB_WEBHOOK_SECRET": nil,
            ]
        }

        @Test(arguments: ["C", "POSIX", "de_DE.ISO-8859-1"])
        func `a new codex works at once without a home, a git user or UTF-8`(locale: String) async throws {
            let codex = try TemporaryCodex()
            let variables = Self.variables(locale)
            let made = try await codex.guild("init", "acme", overriding: variables, in: codex.folder)
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.output.contains("guild run greeter"))
            #expect(made.output.contains("guild <guild@localhost>"))
            #expect(try await codex.git("log", "--format=%an <%ae>") == "guild <guild@localhost>")
            #expect(try await codex.git("status", "--porcelain") == "")

            let run = try await codex.guild("run", "greeter", overriding: variables)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("Welcome to your guild"))
            #expect(run.errors.contains("replay (authored)"))
            for command in [["audit", "verify"], ["audit", "log"], ["budget", "report"], ["registry", "validate"]] {
                let finished = try await codex.guild(command[0], command[1], overriding: variables)
                #expect(finished.status == 0, "\(command): \(finished.errors)")
                #expect(!finished.output.isEmpty, "\(command)")
            }
            #expect(FileManager.default.fileExists(atPath: codex.folder + "/state/guild"))
        }

        @Test(arguments: [false, true])
        func `a codex that there is no room for is named, and nothing of it is left`(isThere: Bool) async throws {
            let codex = try TemporaryCodex()
            let place = codex.folder + "/acme"
            if isThere { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
            // No file may grow longer than the smallest block.
            let made = try await ChildProcess.run(
                "/bin/sh",
                ["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh", BuiltProducts.path(of: "guild")]
                    + ["init", place], environment: codex.variables([:]), directory: codex.folder)
            #expect(made.status == 6, "\(made.ending) \(made.errors)")
            #expect(made.errors.contains("\(place): cannot write: File too large"), "\(made.errors)")
            let left = try? FileManager.default.contentsOfDirectory(atPath: place)
            #expect(left == (isThere ? [] : nil))
        }

        @Test func `a place that cannot be written to is refused in the system's words`() async throws {
            let codex = try TemporaryCodex()
            let made = try await codex.guild("init", "/proc/acme", in: codex.folder)
            #expect(made.status == 6)
            #expect(
                made.errors.contains("guild: /proc/acme: cannot write: No such file or directory"), "\(made.errors)")
        }

        @Test func `what the first commands print as JSON has its documented shape`() async throws {
            let codex = try TemporaryCodex()
            #expect(try await codex.guild("init", "acme", in: codex.folder).status == 0)
            #expect(try await codex.guild("run", "greeter").status == 0)

            let verdict = try await codex.json("audit", "verify")
            #expect(verdict["valid"] == true)
            #expect(try #require(verdict["entries"]?.integer) > 0)

            let report = try await codex.json("budget", "report")
            #expect(report["protocol"] == "MANA_REPORT_V1")
            for member in ["period", "breakdown", "budget_remaining", "burn_rate_daily", "projected_exhaustion"] {
                #expect(report[member] != nil, "\(member)")
            }
            #expect(report.value(at: ["total", "tokens"]) == 700)
            #expect(report.value(at: ["total", "reserved"]) == 0)
            #expect(report.value(at: ["breakdown", "0", "name"]) == "greeter")

            let agents = try await codex.json("registry", "list").array
            #expect(agents?.map { $0["name"] } == ["greeter"])
            #expect(agents?.first?["last_state"] == "succeeded")

            let kinds = try await codex.json("audit", "log").array?.compactMap { $0["kind"]?.string } ?? []
            for kind in ["event.accepted", "dispatch.decided", "invocation.begun", "model.called", "invocation.ended"] {
                #expect(kinds.contains(kind), "\(kind) of \(kinds)")
            }
        }

        @Test func `a cron expression needs no codex`() async throws {
            let codex = try TemporaryCodex()
            let tried = try await codex.guild(
                "schedule", "next", "--expr", "0 9 * * MON", "--timezone", "Europe/London", "--from",
                "2026-03-20T00:00:00Z", "-n", "3", "-o", "json", overriding: Self.variables("C"), in: codex.folder)
            #expect(tried.status == 0, "\(tried.errors)")
            // The clocks go forward on 29 March.
            #expect(
                try JSONParser.parse(tried.output) == [
                    ["due": "2026-03-23T09:00:00Z", "local": "2026-03-23T09:00:00+00:00"],
                    ["due": "2026-03-30T08:00:00Z", "local": "2026-03-30T09:00:00+01:00"],
                    ["due": "2026-04-06T08:00:00Z", "local": "2026-04-06T09:00:00+01:00"],
                ])
        }

        @Test func `a folder that is not empty is refused and left alone`() async throws {
            let codex = try TemporaryCodex()
            try codex.write(["notes.txt": "mine"])
            let refused = try await codex.guild("init", "acme", in: codex.folder)
            #expect(refused.status == 2)
            #expect(refused.errors.contains(codex.repository))
            #expect(refused.errors.contains("not empty"))
            #expect(refused.errors.contains("hint: "))
            #expect(try FileManager.default.contentsOfDirectory(atPath: codex.repository) == ["notes.txt"])
            #expect(try String(contentsOfFile: codex.repository + "/notes.txt", encoding: .utf8) == "mine")
        }

        @Test func `a file in the place of the folder is refused and left alone`() async throws {
            let codex = try TemporaryCodex()
            try Data("mine".utf8).write(to: URL(fileURLWithPath: codex.repository))
            let refused = try await codex.guild("init", "acme", in: codex.folder)
            #expect(refused.status == 2)
            #expect(refused.errors.contains("\(codex.repository) is a file"))
            #expect(try String(contentsOfFile: codex.repository, encoding: .utf8) == "mine")
        }
    }
}
