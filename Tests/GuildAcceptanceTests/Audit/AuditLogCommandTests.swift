import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

extension Audit {
    struct LogCommandTests {
        private func started(_ codex: TemporaryCodex, _ arguments: String...) throws -> ChildProcess {
            try ChildProcess(
                try BuiltProducts.path(of: "guild"), ["audit", "log", "--follow"] + arguments,
                environment: codex.environment, directory: codex.repository)
        }

        @Test func `what is followed comes as it is written, once, and Ctrl-C ends it`() async throws {
            let codex = try await TemporaryCodex.audited(3)
            let child = try started(codex, "-o", "json", "-n", "2")
            _ = try await child.line(startingWith: #"{"seq":3,"#)
            for number in 4...8 {
                try await codex.append(1)
                _ = try await child.line(startingWith: #"{"seq":\#(number),"#)
            }
            child.signal(SIGINT)
            #expect(try await child.wait() == .exited(130))
            let seqs = try child.output.split(separator: "\n").map { try JSONParser.parse($0)["seq"]?.integer }
            #expect(seqs == [2, 3, 4, 5, 6, 7, 8])
            #expect(child.errors == "")
        }

        @Test func `when nobody reads any more it ends by itself, though nothing is written`() async throws {
            let codex = try await TemporaryCodex.audited(1)
            let guild = try BuiltProducts.path(of: "guild")
            // The shell's last word is the status of the follower.
            let finished = try await ChildProcess.run(
                "/bin/bash", ["-c", "\"$0\" audit log --follow -o json | head -n 1; exit ${PIPESTATUS[0]}", guild],
                environment: codex.environment, directory: codex.repository)
            #expect(finished.status == 0, "\(finished.errors)")
            #expect(finished.output.hasPrefix(#"{"seq":1,"#))
        }

        @Test func `each filter lets through what it says`() async throws {
            let codex = try await TemporaryCodex.audited(6)
            #expect(try await codex.guild("audit", "anchor").status == 0)
            func seqs(_ arguments: String...) async throws -> [Int64?] {
                let finished = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), ["audit", "log", "-o", "json"] + arguments,
                    environment: codex.environment, directory: codex.repository)
                #expect(finished.status == 0, "\(finished.errors)")
                return try JSONParser.parse(finished.output).array?.map { $0["seq"]?.integer } ?? []
            }
            #expect(try await seqs("--subject", "s2") == [3])
            #expect(try await seqs("--actor", "user:ada") == [1, 2, 3, 4, 5, 6])
            #expect(try await seqs("--kind", "audit.*") == [7])
            #expect(try await seqs("--actor", "executor") == [])
            #expect(try await seqs("--limit", "2") == [6, 7])
            #expect(try await seqs("--until", "1d") == [])
            #expect(try await seqs("--since", "1d", "--limit", "100").count == 7)
            for (arguments, words) in [
                (["--event", "x", "--root", "y"], "exclude each other"), (["--limit=-1"], "-n -1"),
                (["--follow", "--until", "1d"], "remove --until"),
                (["--since", "1d", "--until", "2d"], "not after --since"),
                (["--event", "nothing"], "there is no event, invocation or action 'nothing'"),
                (["--until", "soon"], "--until 'soon' is not a time"),
            ] {
                let refused = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), ["audit", "log"] + arguments,
                    environment: codex.environment, directory: codex.repository)
                expectRefusal(refused, 2, words)
            }
        }

        @Test func `an id may be short, several are named, and a misspelt one gets the nearest`() async throws {
            let codex = try TemporaryCodex()
            #expect(try await codex.guild("init", "acme", in: codex.folder).status == 0)
            for _ in 0..<2 { #expect(try await codex.guild("run", "greeter").status == 0) }
            let begun = try await codex.audit("invocation.begun")
            let ids = begun.compactMap { $0["subject"]?.string }
            let id = try #require(ids.first)
            let whole = try await codex.json("audit", "show", id)
            #expect(whole.value(at: ["invocations", "0", "id"]) == .string(id))
            #expect(try await codex.json("audit", "show", id.lowercased()) == whole)
            var short = id
            while !short.isEmpty, try await codex.guild("audit", "show", String(short.dropLast())).status == 0 {
                short.removeLast()
            }
            #expect(short.count < 26)
            let several = try await codex.guild("audit", "show", String(short.dropLast()))
            if short.count > 1 {
                expectRefusal(
                    several, 2, "several events, invocations and actions begin with", id.prefix(4).description)
            }
            let last = id.last == "0" ? "1" : "0"
            expectRefusal(try await codex.guild("audit", "show", id.dropLast() + last), 2, "did you mean '\(id)'?")
            expectRefusal(try await codex.guild("audit", "show", "no-such-id"), 2, "there is no event")
            let drawn = try await codex.guild("audit", "show", short)
            for word in ["event ", "decision: ", "invocation \(id)", "turn 1", "◀"] {
                #expect(drawn.output.contains(word), "\(word)")
            }
            let entries = try await codex.json("audit", "log", "--invocation", short).array ?? []
            #expect(entries.contains { $0["kind"] == "model.called" })
        }

        @Test func `a verification remembers, begins there when asked, and says so`() async throws {
            let codex = try await TemporaryCodex.audited(4)
            let first = try await codex.guild("audit", "verify", "--incremental")
            #expect(first.output.contains("4 entries"))
            #expect(first.output.contains("compared with no anchor"))
            try await codex.append(2)
            let next = try await codex.guild("audit", "verify", "--incremental")
            #expect(next.output.contains("entries 5 to 6"))
            #expect(next.output.contains(", not now: "))
            #expect(try await codex.guild("audit", "verify", "--incremental").output.contains("no new entry after 6"))
            try await codex.tamper("UPDATE audit SET actor = 'user:eve' WHERE seq = 2")
            #expect(try await codex.guild("audit", "verify", "--incremental").status == 0)
            for arguments in [["--full"], [], ["--from", "2"]] {
                let finished = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), ["audit", "verify"] + arguments,
                    environment: codex.environment, directory: codex.repository)
                #expect(finished.status == 1)
                #expect(finished.output.contains("entry 2: a column was changed"))
            }
            #expect(try await codex.guild("audit", "verify", "--from", "3").output.contains("were not checked"))
        }
    }
}
