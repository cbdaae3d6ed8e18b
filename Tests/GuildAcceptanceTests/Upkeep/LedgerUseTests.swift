import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// The ledger that a codex finds by itself, with the built binary.
    struct LedgerUseTests {
        /// `guild init` in the folder of the codex, without a ledger that is named.
        private func started() async throws -> TemporaryCodex {
            let codex = try TemporaryCodex()
            #expect(try await codex.guild("init", "acme", in: codex.folder).status == 0)
            return codex
        }

        private func guild(
            _ codex: TemporaryCodex, in name: String, _ arguments: String...
        ) async throws -> ChildProcess.Finished {
            try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), arguments, environment: codex.variables(["GUILD_LEDGER": nil]),
                directory: "\(codex.folder)/\(name)")
        }

        private func ledger(_ codex: TemporaryCodex, in name: String) async throws -> String? {
            let status = try await guild(codex, in: name, "status", "-o", "json")
            return try JSONParser.parse(status.output)["ledger"]?["path"]?.string
        }

        @Test func `where there is none it is said, with where it was looked for; the first run says what it made`()
            async throws
        {
            let codex = try await started()
            expectRefusal(
                try await guild(codex, in: "acme", "audit", "log"), 6, "this codex has no ledger yet",
                codex.folder + "/state/guild",
                "guild ledger use PATH")
            let listed = try await guild(codex, in: "acme", "registry", "list")
            #expect(listed.status == 0)
            #expect(listed.errors.contains(codex.folder + "/state/guild"), "\(listed.errors)")
            let run = try await guild(codex, in: "acme", "run", "greeter")
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.contains("creating a new ledger: \(codex.folder)/state/guild/acme-"), "\(run.errors)")
            let again = try await guild(codex, in: "acme", "run", "greeter")
            #expect(!again.errors.contains("a new ledger"), "\(again.errors)")
        }

        @Test func `a moved codex goes on, a clone reads and asks before it writes`() async throws {
            let codex = try await started()
            #expect(try await guild(codex, in: "acme", "run", "greeter").status == 0)
            let path = try #require(try await ledger(codex, in: "acme"))
            try FileManager.default.moveItem(atPath: codex.folder + "/acme", toPath: codex.folder + "/moved")
            #expect(try await ledger(codex, in: "moved") == path)
            try await codex.git("clone", "--quiet", "moved", "clone", in: codex.folder)
            let log = try await guild(codex, in: "clone", "audit", "log")
            #expect(log.status == 0)
            #expect(log.errors.contains(path), "\(log.errors)")
            for command in [["run", "greeter"], ["registry", "pause", "greeter"], ["schedule", "pause", "greeter"]] {
                let refused = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), command, environment: codex.variables(["GUILD_LEDGER": nil]),
                    directory: codex.folder + "/clone")
                expectRefusal(refused, 2, "guild ledger use \(path)", "--new")
            }
            expectRefusal(try await guild(codex, in: "clone", "ledger", "use"), 2, "--new")
            expectRefusal(try await guild(codex, in: "clone", "ledger", "use", "nowhere"), 6, "nowhere")
            let folder = (path as NSString).deletingLastPathComponent
            #expect(try await guild(codex, in: "clone", "ledger", "use", folder).status == 0)
            #expect(try await guild(codex, in: "clone", "run", "greeter").status == 0)
            #expect(try await ledger(codex, in: "clone") == path)
            let audit = try await guild(codex, in: "moved", "audit", "log", "--kind", "operator.command")
            #expect(audit.output.contains("ledger use"), "\(audit.output)")
            let new = try await guild(codex, in: "clone", "ledger", "use", "--new", "-o", "json")
            #expect(try JSONParser.parse(new.output)["before"]?.string == path)
            #expect(try await ledger(codex, in: "clone") != path)
            #expect(try await ledger(codex, in: "moved") == path)

            // Two ledgers are alike now: no figures are shown as if there were none yet.
            try await codex.git("clone", "--quiet", "moved", "third", in: codex.folder)
            for command in [["status"], ["budget", "report"], ["audit", "approvals"]] {
                let refused = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), command, environment: codex.variables(["GUILD_LEDGER": nil]),
                    directory: codex.folder + "/third")
                expectRefusal(refused, 2, "there are several candidates", path, "guild ledger use PATH")
            }
            let agents = try await guild(codex, in: "third", "registry", "list")
            #expect(agents.status == 0)
            #expect(agents.errors.split(separator: "\n").count == 1, "\(agents.errors)")
            #expect(!agents.errors.contains("\\n"))
        }

        @Test func `a backup is no ledger to use, and a path is kept as it is wherever it was named from`() async throws
        {
            let codex = try await started()
            #expect(try await guild(codex, in: "acme", "run", "greeter").status == 0)
            #expect(try await guild(codex, in: "acme", "ledger", "backup", "../kept").status == 0)
            expectRefusal(
                try await guild(codex, in: "acme", "ledger", "use", "../kept"), 2, "is a backup", "guild ledger restore"
            )
            #expect(try await guild(codex, in: "acme", "ledger", "restore", "../kept", "--dry-run").status == 0)

            let path = try #require(try await ledger(codex, in: "acme"))
            let folder = (path as NSString).deletingLastPathComponent
            try FileManager.default.copyItem(atPath: folder, toPath: codex.folder + "/elsewhere")
            #expect(try await guild(codex, in: "acme", "ledger", "use", "../elsewhere").status == 0)
            try FileManager.default.moveItem(atPath: codex.folder + "/acme", toPath: codex.folder + "/moved")
            let found = try #require(try await ledger(codex, in: "moved"))
            #expect(found.hasSuffix("/elsewhere/ledger.sqlite") && !found.contains("/../"), "\(found)")
        }

        @Test func `two first commands at once make one ledger`() async throws {
            let codex = try await started()
            let ends = try await withThrowingTaskGroup(of: Int32?.self) { group in
                for _ in 0..<4 { group.addTask { try await guild(codex, in: "acme", "run", "greeter").status } }
                return try await group.reduce(into: [Int32?]()) { $0.append($1) }
            }
            #expect(ends == [0, 0, 0, 0])
            let made = try FileManager.default.contentsOfDirectory(atPath: codex.folder + "/state/guild")
            #expect(made.filter { $0.hasPrefix("acme-") }.count == 1)
            let runs = try await guild(codex, in: "acme", "audit", "log", "--kind", "invocation.ended", "-o", "json")
            #expect(try JSONParser.parse(runs.output).array?.count == 4)
        }
    }
}
