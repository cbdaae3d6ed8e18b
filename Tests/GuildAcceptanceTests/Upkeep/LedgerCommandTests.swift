import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// `guild ledger`, with the built binary: while others write, and killed in the middle.
    @Suite struct LedgerCommandTests {
        /// A codex whose ledger has a run and some events in it.
        private func used() async throws -> TemporaryCodex {
            let codex = try TemporaryCodex()
            #expect(try await codex.guild("init", "acme", in: codex.folder).status == 0)
            let run = try await codex.guild("run", "greeter")
            #expect(run.status == 0, "\(run.errors)")
            #expect(try await send(40, "first", codex).wait() == .exited(0))
            return codex
        }

        /// Starts a process that sends so many events, every tenth of them with a body in a file.
        private func send(_ count: Int, _ name: String, _ codex: TemporaryCodex) throws -> ChildProcess {
            let lines = (0..<count).map { number -> String in
                let text = String(repeating: "x", count: number % 10 == 0 ? 70_000 + number : 10)
                let event: JSONValue = [
                    "specversion": "1.0", "id": .string("\(name)-\(number)"), "source": .string("/test/\(name)"),
                    "type": "test.sent", "data": ["text": .string(text), "n": .integer(number)],
                ]
                return event.text(.compact)
            }
            let file = "\(codex.folder)/\(name).jsonl"
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
            return try codex.start("dispatch", "send", file, "--quiet")
        }

        private func head(_ codex: TemporaryCodex) async throws -> JSONValue? {
            try await codex.json("audit", "verify")["head"]
        }

        private func isSound(_ codex: TemporaryCodex) async throws -> Bool {
            try await codex.guild("ledger", "check").status == 0
        }

        @Test func `check says a line for each part, and its exit status tells`() async throws {
            let codex = try await used()
            let parts = try await codex.json("ledger", "check").array ?? []
            #expect(
                parts.map { $0["part"] } == ["integrity", "schema", "foreign keys", "rows", "audit", "books", "bodies"])
            #expect(parts.allSatisfy { $0["status"] == "ok" })
            let lines = try await codex.guild("ledger", "check").output.split(separator: "\n")
            #expect(lines.count == 7)
            let bodies = codex.ledger + ".d/bodies"
            let name = try #require(
                try FileManager.default.subpathsOfDirectory(atPath: bodies).first { $0.count > 60 })
            try FileManager.default.removeItem(atPath: "\(bodies)/\(name)")
            let damaged = try await codex.guild("ledger", "check")
            #expect(damaged.status == 1)
            #expect(damaged.output.contains("bodies        failed"))
            for end in ["-wal", "-shm"] { unlink(codex.ledger + end) }
            try Data([UInt8](repeating: 0x21, count: 8192)).write(to: URL(fileURLWithPath: codex.ledger))
            #expect(try await codex.guild("ledger", "check").status == 6)
        }

        @Test func `a backup made while three processes write is whole`() async throws {
            let codex = try await used()
            let writers = try ["a", "b", "c"].map { try send(300, $0, codex) }
            for number in 0..<3 {
                let made = try await codex.guild("ledger", "backup", "../backup-\(number)")
                #expect(made.status == 0, "\(made.errors)")
            }
            for writer in writers { #expect(try await writer.wait() == .exited(0), "\(writer.errors)") }
            for number in 0..<3 {
                let place = ["GUILD_LEDGER": "sqlite:\(codex.folder)/restored-\(number)/ledger.sqlite"]
                let restored = try await codex.guild(
                    "ledger", "restore", "../backup-\(number)", overriding: place)
                #expect(restored.status == 0, "\(restored.errors)")
                let checked = try await codex.guild("ledger", "check", overriding: place)
                #expect(checked.status == 0, "\(checked.output)")
            }
            #expect(try await isSound(codex))
        }

        @Test func `a ledger that a process has open is not replaced`() async throws {
            let codex = try await used()
            #expect(try await codex.guild("ledger", "backup", "../backup").status == 0)
            let served = try codex.start("serve", "executor")
            _ = try await served.errorLine(containing: "ready")
            let refused = try await codex.guild("ledger", "restore", "../backup", "--force")
            #expect(refused.status == 6)
            #expect(refused.errors.contains("in use by process \(served.processID)"))
            served.signal(SIGTERM)
            #expect(try await served.wait() == .exited(0))
            let there = try await codex.guild("ledger", "restore", "../backup")
            #expect(there.status == 2)
            #expect(there.errors.contains("--force"))
            #expect(try await codex.guild("ledger", "restore", "../backup", "--force").status == 0)
            let opened = try await codex.guild("ledger", "restore", "../nothing", "--force")
            #expect(opened.status == 2)
        }

        @Test func `a backup that is killed anywhere leaves none, and the next one works`() async throws {
            let codex = try await used()
            let backup = codex.folder + "/backup"
            for writes in [1, 2, 5, 20, 45] {
                // What an earlier crash left is taken over, so that it can be watched from the start.
                try FileManager.default.createDirectory(
                    atPath: backup + ".partial", withIntermediateDirectories: true)
                let watch = try FileWatch(backup + ".partial/ledger.sqlite")
                let process = try codex.start("ledger", "backup", backup)
                _ = try watch.wait(upTo: writes)
                process.kill()
                let ending = try await process.wait()
                if FileManager.default.fileExists(atPath: backup) {
                    // It was through before the signal came; then it is whole.
                    #expect(try await codex.guild("ledger", "restore", backup, "--dry-run").status == 0)
                    try FileManager.default.removeItem(atPath: backup)
                } else {
                    #expect(ending == .signalled(SIGKILL))
                }
                #expect(try await isSound(codex))
            }
            let made = try await codex.guild("ledger", "backup", backup)
            #expect(made.status == 0, "\(made.errors)")
            #expect(!FileManager.default.fileExists(atPath: backup + ".partial"))
            #expect(try await codex.guild("ledger", "restore", backup, "--dry-run").status == 0)
        }

        @Test func `a restore that is killed anywhere leaves the old ledger or the new one`() async throws {
            let codex = try await used()
            let backup = codex.folder + "/backup"
            #expect(try await codex.guild("ledger", "backup", backup).status == 0)
            let entries = try #require(try await codex.json("audit", "verify")["entries"]?.integer)
            #expect(try await send(30, "late", codex).wait() == .exited(0))
            let late = try await head(codex)
            for writes in [1, 3, 10, 30, 50, 70, 80, 90, 95, 100] {
                let staging = codex.ledger + ".restoring"
                try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
                let watch = try FileWatch(staging + "/ledger.sqlite")
                let process = try codex.start("ledger", "restore", backup, "--force")
                _ = try watch.wait(upTo: writes)
                process.kill()
                _ = try await process.wait()
                #expect(try await isSound(codex))
                let verdict = try await codex.json("audit", "verify")
                let isOld = verdict["head"] == late
                #expect(isOld || verdict["entries"]?.integer == entries + 1)
                guard !isOld else { continue }
                // The new one is in place; the old one goes back for the next round.
                _ = try await codex.guild("ledger", "restore", backup, "--force")
                let aside = try asides(codex)
                let heads = try await aside.asyncMap { name in
                    try await codex.guild("audit", "verify", overriding: ["GUILD_LEDGER": "sqlite:\(name)"]).output
                }
                #expect(heads.contains { $0.contains(late?.string ?? "?") })
                return
            }
            let done = try await codex.guild("ledger", "restore", backup, "--force")
            #expect(done.status == 0, "\(done.errors)")
            #expect(try await isSound(codex))
        }

        @Test func `prune says what would go and takes only that`() async throws {
            let codex = try await used()
            let policy = "apiVersion: guild/v1\nkind: PrivacyPolicy\nmetadata: { name: privacy }\nspec:\n"
            try codex.write(["policies/privacy.yaml": policy + "  data_retention: { raw_messages: 1h }\n"])
            try await codex.commit()
            // Nobody has served: a run accepts the commit, and with it the policy.
            #expect(try await codex.guild("run", "greeter").status == 0)
            let none = try await codex.json("ledger", "prune")
            #expect(none["counts"]?["events_deleted"] == 0)
            #expect(none["retention"]?["raw_messages"] == "1h")
            try codex.write(["policies/privacy.yaml": policy + "  data_retention: { raw_messages: 0, audit_logs: 0 }\n"]
            )
            try await codex.commit()
            #expect(try await codex.guild("run", "greeter").status == 0)
            let would = try await codex.json("ledger", "prune", "--dry-run")
            #expect(would["done"] == false)
            #expect(would["counts"]?["events_deleted"] == 40)
            #expect(would["counts"]?["events_erased"] == 3)
            let done = try await codex.json("ledger", "prune")
            #expect(done["counts"]?["events_deleted"] == 40)
            #expect(done["counts"]?["body_files"] == 4)
            // What is gone is not shown as if it had been empty.
            let root = try #require(try await codex.audit("invocation.ended").first?["root"]?.string)
            let trace = try await codex.json("audit", "show", root)
            #expect(trace["erased"]?.string != nil)
            #expect(trace.value(at: ["decisions", "0", "reasons"]) == .null)
            #expect(trace.value(at: ["invocations", "0", "erased"]) == true)
            let shown = try await codex.guild("audit", "show", root).output
            #expect(shown.contains("its content was erased at") && shown.contains("(erased)"), "\(shown)")
            let explained = try await codex.guild("dispatch", "explain", root).output
            #expect(explained.contains("no rule was tried: its content was erased at"), "\(explained)")
            #expect(try await codex.guild("audit", "log").output.contains("(erased)"))
            let entries = try await codex.json("audit", "log").array ?? []
            #expect(entries.contains { $0["erased"] == true && $0["body"] == .null })
            #expect(entries.contains { $0["erased"] == false && $0["body"] != .null })
            #expect(try await isSound(codex))
        }

        private func asides(_ codex: TemporaryCodex) throws -> [String] {
            let folder = (codex.ledger as NSString).deletingLastPathComponent
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.contains(".before-") }.map { "\(folder)/\($0)/ledger.sqlite" }
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
