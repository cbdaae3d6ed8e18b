import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// The ledger is a dependency: what cannot be written safely is not written, exit 6.
    struct BadLedgerTests {
        private static let hasPython =
            (try? BuiltProducts.path(of: "guild")) != nil && canRun(["python3", "-c", "import sqlite3"])
        private static let isRoot = geteuid() == 0
        /// `nobody` on most systems; any that owns nothing will do.
        private static let otherUser = "65534"
        private static let asOther = ["setpriv", "--reuid", otherUser, "--regid", otherUser, "--clear-groups"]
        /// Not where ids are confined, nor where others cannot enter the folder for temporary files.
        private static let hasOther = canRun(asOther + ["/usr/bin/test", "-x", NSTemporaryDirectory()])

        private static func canRun(_ command: [String]) -> Bool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = command
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            // What cannot start is not there.
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }

        /// A codex whose ledger has one run in it.
        private func used() async throws -> TemporaryCodex {
            let codex = try TemporaryCodex()
            #expect(try await codex.guild("init", "acme", in: codex.folder).status == 0)
            let run = try await codex.guild("run", "greeter")
            #expect(run.status == 0, "\(run.errors)")
            return codex
        }

        private func python(_ script: String, _ codex: TemporaryCodex) throws -> ChildProcess {
            try ChildProcess("/usr/bin/env", ["python3", "-c", script, codex.ledger])
        }

        @Test(.enabled("python3 has sqlite3") { hasPython })
        func `locked by somebody who does not let go`() async throws {
            let codex = try await used()
            let holder = try python(
                """
                import signal, sqlite3, sys
                connection = sqlite3.connect(sys.argv[1], isolation_level=None)
                connection.execute("BEGIN EXCLUSIVE")
                print("held", flush=True)
                signal.pause()
                """, codex)
            _ = try await holder.line(startingWith: "held")
            expectRefusal(try await codex.guild("run", "greeter"), 6, codex.ledger, "locked", "hint: ", "fuser")
            holder.kill()
            _ = try await holder.wait()
            #expect(try await codex.guild("run", "greeter").status == 0)
        }

        @Test(.enabled("python3 has sqlite3") { hasPython })
        func `locked while it is served`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let served = try await codex.serve()
            #expect(try await served.deliver(.issue(1)).status == 202)
            let holder = try python(
                """
                import signal, sqlite3, sys
                connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
                connection.execute("BEGIN IMMEDIATE")
                print("held", flush=True)
                signal.pause()
                """, codex)
            _ = try await holder.line(startingWith: "held")
            let delivery = WebhookDelivery.issue(2)
            let refused = try await served.deliver(delivery)
            #expect(refused.status == 503, "\(refused.text)")
            #expect(refused.headers["retry-after"] != nil)
            #expect(refused.json?["detail"]?.string?.contains("locked by another process") == true)
            let ready = try await served.get("/readyz")
            #expect(ready.status == 503)
            #expect(ready.json?.value(at: ["parts", "ledger"]) == "locked by another process")
            let warned = try await served.child.errorLine(containing: "another process locks the ledger")
            #expect(warned.contains(codex.ledger) && warned.contains("fuser"), "\(warned)")
            holder.kill()
            _ = try await holder.wait()
            #expect(try await served.deliver(delivery).status == 202)
            #expect(try await served.deliver(delivery).status == 200)
            #expect(try await served.get("/readyz").status == 200)
            #expect(try await codex.audit("event.accepted").count == 2)
            #expect(try await served.stop() == .exited(0))
        }

        @Test(.enabled("python3 has sqlite3") { hasPython })
        func `written by a newer version`() async throws {
            let codex = try await used()
            let change = try python(
                """
                import sqlite3, sys
                with sqlite3.connect(sys.argv[1]) as connection:
                    connection.execute("INSERT INTO schema_versions VALUES (9999)")
                """, codex)
            #expect(try await change.wait() == .exited(0), "\(change.errors)")
            for command in [["run", "greeter"], ["audit", "verify"], ["serve", "--once"]] {
                expectRefusal(
                    try await codex.guild(command[0], command[1]), 6, codex.ledger, "newer version",
                    "install the newer guild")
            }
        }

        @Test func `a file that is something else`() async throws {
            let codex = try await used()
            for end in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: codex.ledger + end) {
                try FileManager.default.removeItem(atPath: codex.ledger + end)
            }
            try Data("This is a diary, not a ledger.\n".utf8 + [UInt8](repeating: 0x21, count: 8192))
                .write(to: URL(fileURLWithPath: codex.ledger))
            let before = try Data(contentsOf: URL(fileURLWithPath: codex.ledger))
            for command in [["run", "greeter"], ["audit", "verify"], ["budget", "report"]] {
                expectRefusal(
                    try await codex.guild(command[0], command[1]), 6, codex.ledger, "not an SQLite database", "hint: ")
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: codex.ledger)) == before)
        }

        @Test func `a folder in its place`() async throws {
            let codex = try await TemporaryCodex.clerk()
            try FileManager.default.createDirectory(atPath: codex.ledger, withIntermediateDirectories: true)
            expectRefusal(try await codex.guild("run", "clerk"), 6, codex.ledger, "not an SQLite database", "hint: ")
        }

        @Test(.enabled("another user can be had") { !isRoot || hasOther })
        func `where nobody may write`() async throws {
            let codex = try await used()
            let place = codex.folder + "/locked"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            var command = [
                try BuiltProducts.path(of: "guild"), "run", "greeter", "--ledger", "sqlite:\(place)/l.sqlite",
            ]
            if Self.isRoot {
                // For root nothing is read-only; the repository must then be the other user's own.
                let owned = try await ChildProcess.run(
                    "/usr/bin/env", ["chown", "-R", "\(Self.otherUser):\(Self.otherUser)", codex.folder])
                #expect(owned.status == 0, "\(owned.errors)")
                command = Self.asOther + command
            }
            #expect(chmod(place, 0o555) == 0)
            defer { chmod(place, 0o755) }
            let run = try await ChildProcess.run(
                "/usr/bin/env", command, environment: codex.environment, directory: codex.repository)
            expectRefusal(run, 6, "\(place)/l.sqlite", "read-only", "write access")
        }

        @Test(.enabled("another user can be had") { !isRoot || hasOther })
        func `where nobody may write, reading commands read and say how`() async throws {
            let codex = try await used()
            let place = (codex.ledger as NSString).deletingLastPathComponent
            var prefix: [String] = []
            if Self.isRoot {
                let owned = try await ChildProcess.run(
                    "/usr/bin/env", ["chown", "-R", "\(Self.otherUser):\(Self.otherUser)", codex.folder])
                #expect(owned.status == 0, "\(owned.errors)")
                prefix = Self.asOther
            }
            func guild(_ command: [String]) async throws -> ChildProcess.Finished {
                try await ChildProcess.run(
                    "/usr/bin/env", prefix + [try BuiltProducts.path(of: "guild")] + command,
                    environment: codex.environment, directory: codex.repository)
            }
            #expect(chmod(place, 0o555) == 0)
            defer { chmod(place, 0o755) }
            let before = try FileManager.default.subpathsOfDirectory(atPath: place).sorted()
            for command in [
                ["audit", "log"], ["audit", "verify"], ["budget", "report"], ["status"], ["registry", "list"],
                ["dispatch", "queue"],
            ] {
                let finished = try await guild(command)
                #expect(finished.status == 0, "\(command): \(finished.errors)")
                #expect(finished.errors.contains("is read-only here"), "\(command): \(finished.errors)")
            }
            expectRefusal(try await guild(["run", "greeter"]), 6, codex.ledger, "read-only", "write access")
            expectRefusal(try await guild(["registry", "pause", "greeter"]), 6, codex.ledger, "read-only")
            #expect(try FileManager.default.subpathsOfDirectory(atPath: place).sorted() == before)
        }

        @Test func `an address that is no file`() async throws {
            let codex = try await TemporaryCodex.clerk()
            expectRefusal(
                try await codex.guild("run", "clerk", "--ledger", "postgres://localhost/guild"), 2,
                "'postgres://localhost/guild' is not a ledger URL", "sqlite:/")
        }

        @Test func `none yet is no error for who only looks`() async throws {
            let codex = try await TemporaryCodex.clerk()
            for command in [
                ["registry", "list"], ["budget", "report"], ["audit", "approvals"], ["dispatch", "queue"],
            ] {
                let finished = try await codex.guild(command[0], command[1])
                #expect(finished.status == 0, "\(command): \(finished.errors)")
            }
            expectRefusal(try await codex.guild("audit", "verify"), 6, codex.ledger, "no ledger at", "guild serve")
            #expect(!FileManager.default.fileExists(atPath: codex.ledger))
        }
    }
}
