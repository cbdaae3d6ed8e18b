import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

extension Audit {
    struct AnchorCommandTests {
        @Test func `an anchor goes out, comes back, and is what a rewritten chain falls by`() async throws {
            let codex = try await TemporaryCodex.audited(5)
            try await codex.git("clone", "--quiet", "--bare", codex.repository, "away.git", in: codex.folder)
            let made = try await codex.json("audit", "anchor", "--push", codex.folder + "/away.git")
            #expect(made["seq"] == 5)
            #expect(made["new"] == true)
            #expect(made["signed"] == false)
            #expect(made["pushed"] == .string(codex.folder + "/away.git"))
            let again = try await codex.json("audit", "anchor")
            #expect(again["seq"] == 5)
            #expect(again["new"] == false)
            try codex.write(["anchor.json": made.text()])
            // A clone does not bring it; fetching it by name does.
            try await codex.git("clone", "--quiet", "away.git", "clone", in: codex.folder)
            expectRefusal(
                try await codex.guild("audit", "verify", "--anchor-from", "../clone"), 1, "no anchor of ledger",
                "git fetch REMOTE refs/guild/audit")
            try await codex.git("fetch", "--quiet", "origin", "refs/guild/audit", in: codex.folder + "/clone")
            try await codex.append(3)

            let places = [
                ["--anchored"], ["--anchor-from", "../away.git"], ["--anchor-from", "../clone"],
                ["--anchor-from", "anchor.json"], ["--anchor-from", "refs/guild/audit"],
            ]
            for place in places {
                let finished = try await codex.verify(place)
                #expect(finished.status == 0, "\(place): \(finished.errors)\(finished.output)")
                #expect(finished.output.contains("agrees with the anchor in"))
                #expect(finished.output.contains("made at entry 5"))
            }
            try await codex.rewriteChain()
            #expect(try await codex.verify([]).status == 0)
            for place in places {
                let finished = try await codex.verify(place)
                #expect(finished.status == 1, "\(place)")
                #expect(finished.output.contains("was rewritten: the anchor in"), "\(finished.output)")
            }
            expectRefusal(
                try await codex.guild("audit", "anchor"), 1, "not anchored", "guild audit verify --anchored")
        }

        @Test func `it works on a bare repository, without a git user, whatever GIT_ variables are inherited`()
            async throws
        {
            let codex = try await TemporaryCodex.audited(2)
            try await codex.git("clone", "--quiet", "--bare", codex.repository, "bare.git", in: codex.folder)
            let hostile: [String: String?] = [
                "GIT_DIR": "/nonexistent", "GIT_AUTHOR_NAME": "Mallory", "GIT_COMMITTER_EMAIL": "mallory@localhost",
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "commit.gpgsign", "GIT_CONFIG_VALUE_0": "true",
                "GIT_OBJECT_DIRECTORY": "/nonexistent", "GIT_EXTERNAL_DIFF": "/bin/false", "HOME": nil,
            ]
            let bare = codex.folder + "/bare.git"
            for codexPath in [bare, codex.repository] {
                let finished = try await codex.guild(
                    "audit", "anchor", "--codex", codexPath, overriding: hostile, in: codex.folder)
                #expect(finished.status == 0, "\(finished.errors)")
            }
            #expect(
                try await codex.git("log", "--format=%an <%ae>", "refs/guild/audit", in: bare)
                    == "guild <guild@localhost>")
            try await codex.git("fsck", "--strict", in: bare)
        }

        @Test func `two processes at once make one line`() async throws {
            let codex = try await TemporaryCodex.audited(1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await codex.append(1)
                        let finished = try await codex.guild("audit", "anchor")
                        #expect(finished.status == 0, "\(finished.errors)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await codex.git("log", "--merges", "--format=%H", "refs/guild/audit") == "")
            #expect(try await codex.verify(["--anchored"]).status == 0)
        }

        @Test func `killed in the middle it leaves a ref that is valid, and the next one goes on`() async throws {
            let codex = try await TemporaryCodex.audited(1)
            #expect(try await codex.guild("audit", "anchor").status == 0)
            let lock = codex.repository + "/.git/guild-audit.lock"
            for round in 1...6 {
                try await codex.append(1)
                let before = try await codex.git("rev-parse", "refs/guild/audit")
                let watch = try FileWatch(lock)
                let child = try codex.start("audit", "anchor")
                // The mark is written when the ref begins to move; every other time it gets as far as git takes to look.
                try watch.wait(writes: 1)
                if round.isMultiple(of: 2) { _ = try await codex.git("rev-parse", "HEAD") }
                child.kill()
                _ = try await child.wait()
                let after = try await codex.git("rev-parse", "refs/guild/audit^{commit}")
                if after != before {
                    #expect(try await codex.git("rev-parse", "refs/guild/audit~1") == before)
                }
                try await codex.git("fsck", "--strict")
                #expect(try await codex.guild("audit", "anchor").status == 0)
            }
            #expect(try await codex.verify(["--anchored"]).status == 0)
        }

        @Test func `what cannot be done says so`() async throws {
            let empty = try await TemporaryCodex.clerk()
            expectRefusal(try await empty.guild("audit", "anchor"), 6, "there is none")
            let codex = try await TemporaryCodex.audited(2)
            expectRefusal(
                try await codex.guild("audit", "verify", "--anchored"), 1, "no anchor of ledger", "guild audit anchor")
            let failed = try await codex.guild("audit", "anchor", "--push", "nowhere")
            expectRefusal(failed, 6, "cannot push refs/guild/audit to nowhere", "git push REMOTE refs/guild/audit")
            #expect(failed.output.contains("anchored entry 2"))
            try codex.write(["no.json": "{}", "torn.json": "{"])
            for (arguments, words) in [
                (["--anchored", "--anchor-from", "x"], "exclude each other"),
                (["--anchor-from", "no.json"], "no.json: 'format' must be 'guild.audit.anchor/1'"),
                (["--anchor-from", "torn.json"], "torn.json: not JSON"),
                (["--anchor-from", "no-such-place"], "no-such-place"), (["--from", "0"], "they begin at 1"),
                (["--from", "2", "--full"], "exclude each other"), (["--from", "9"], "no entry 8"),
            ] {
                expectRefusal(try await codex.verify(arguments), 2, words)
            }
            // An anchor of another ledger.
            let other = try await TemporaryCodex.audited(2)
            try codex.save(try await other.guild("audit", "anchor", "-o", "json"), as: "other.json")
            expectRefusal(
                try await codex.guild("audit", "verify", "--anchor-from", "other.json"), 1, "anchors ledger", "--ledger"
            )
        }

        @Test func `serve anchors by itself when it is told how often, and pushes`() async throws {
            let guild = ClerkCodex.guild().replacingOccurrences(
                of: "  timezone: UTC\n", with: "  timezone: UTC\n  audit: { anchor_every: 1, push: ../away.git }\n")
            let codex = try await TemporaryCodex.audited(2, ["guild.yaml": guild])
            try await codex.git("clone", "--quiet", "--bare", codex.repository, "away.git", in: codex.folder)
            let child = try codex.start("serve", "registry", "--log-level", "info")
            _ = try await child.errorLine(containing: "audit log anchored")
            child.signal(SIGTERM)
            #expect(try await child.wait() == .exited(0))
            #expect(
                try await codex.git("rev-parse", "refs/guild/audit")
                    == codex.git("rev-parse", "refs/guild/audit", in: codex.folder + "/away.git"))
            #expect(try await codex.audit("audit.anchored").first?["actor"] == "serve")
            #expect(try await codex.verify(["--anchored"]).status == 0)
        }
    }
}

extension TemporaryCodex {
    fileprivate func verify(_ arguments: [String]) async throws -> ChildProcess.Finished {
        try await ChildProcess.run(
            try BuiltProducts.path(of: "guild"), ["audit", "verify"] + arguments, environment: environment,
            directory: repository)
    }

    /// Changes the third entry and makes every hash behind it anew, with nothing of guild.
    fileprivate func rewriteChain() async throws {
        let script = """
            import hashlib, sqlite3, struct, sys
            db = sqlite3.connect(sys.argv[1])
            for trigger in ("audit_immutable", "audit_kept"): db.execute(f"DROP TRIGGER {trigger}")
            db.execute("DELETE FROM audit_nodes"); db.execute("DELETE FROM audit_anchors")
            db.execute("UPDATE audit SET actor = 'user:eve' WHERE seq = 3")
            column = lambda t: b"\\xff" * 4 if t is None else struct.pack(">I", len(t.encode())) + t.encode()
            previous = db.execute("SELECT hash FROM audit WHERE seq = 2").fetchone()[0]
            for row in db.execute("SELECT * FROM audit WHERE seq > 2 ORDER BY seq").fetchall():
                data = b"\\x01" + struct.pack(">qq", *row[:2]) + b"".join(map(column, row[2:8])) + row[8] + previous
                hash = hashlib.sha256(data).digest()
                db.execute("UPDATE audit SET prev = ?, hash = ? WHERE seq = ?", (previous, hash, row[0]))
                previous = hash
            db.execute("UPDATE audit_head SET hash = ?", (previous,))
            db.commit()
            """
        let finished = try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script, ledger])
        #expect(finished.status == 0, "\(finished.errors)")
    }
}
