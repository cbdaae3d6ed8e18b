import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// Reconfiguration by git, tried with the built binary and real pushes. One at a time, because each of these runs several
/// processes.
@Suite(.serialized, .timeLimit(.minutes(10))) enum Push {}

extension Push {
    struct ReconfigurationTests {
        @Test func `a push is taken up without being told, a bad one refused, and a better one taken up`() async throws
        {
            let office = try await PushedCodex.make()
            let served = try await office.serve()
            let good = try await office.commit(["agents/scout.yaml": ClerkCodex.agent("scout")])
            try await office.push()
            try await served.accepts(good)
            #expect(try await served.commit == good)

            let bad = try await office.commit(PushedCodex.bad)
            try await office.push()
            let refused = try await served.refuses(bad)
            #expect(refused.contains("did you mean 'prompt'?"))
            #expect(try await served.commit == good)
            let ready = try await served.get("/readyz")
            #expect(ready.status == 200)
            #expect(ready.json?.value(at: ["codex", "commit"])?.string == good)
            #expect(ready.json?.value(at: ["codex", "refused", "commit"])?.string == bad)
            #expect(ready.json?.value(at: ["codex", "refused", "errors"]) == 1)
            #expect(ready.json?.value(at: ["codex", "refused", "problems"]) == nil, "they quote the codex")
            let status = try await office.codex.guild("status", overriding: ["GUILD_CODEX": office.bare])
            #expect(status.output.contains("refused \(bad.prefix(17))"), "\(status.output)")

            // Told again, it says the same, and the audit does not.
            served.child.signal(SIGHUP)
            let better = try await office.commit(["agents/bad.yaml": ClerkCodex.agent("bad")])
            try await office.push()
            try await served.accepts(better)
            #expect(try await served.get("/readyz").json?.value(at: ["codex", "refused"]) == nil)
            #expect(try await office.codex.audit("codex.refused").count == 1)
            #expect(try await served.stop() == .exited(0))
            #expect(try await office.codex.isAuditValid())
        }

        @Test func `a commit without a codex is refused as any other, and what comes behind it is taken up`()
            async throws
        {
            let office = try await PushedCodex.make()
            let good = try await office.codex.git("rev-parse", "HEAD")
            let served = try await office.serve()
            try await office.codex.git("rm", "--quiet", "guild.yaml")
            try await office.codex.git("commit", "--quiet", "--message", "no codex")
            let bad = try await office.codex.git("rev-parse", "HEAD")
            try await office.push()
            #expect(try await served.refuses(bad).contains("no guild.yaml"))
            #expect(try await served.commit == good)
            let refused = try await served.get("/readyz").json?.value(at: ["codex", "refused", "commit"])?.string
            #expect(refused == bad)
            #expect(try await office.codex.audit("codex.refused").count == 1)
            let back = try await office.commit(["guild.yaml": ClerkCodex.guild()])
            try await office.push()
            try await served.accepts(back)
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a folder that goes with a commit and comes back with another is served on`() async throws {
            let codex = try await TemporaryCodex.sample(github: TemporaryCodex.nowhere)
            let folder = codex.repository + "/codex"
            let served = try await codex.serve(arguments: [], overriding: ["GUILD_CODEX": folder])
            let good = try await codex.git("rev-parse", "HEAD")
            try await codex.git("rm", "-r", "--quiet", "codex")
            try await codex.git("commit", "--quiet", "--message", "gone")
            try await served.refuses(try await codex.git("rev-parse", "HEAD"))
            #expect(try await served.commit == good)
            try await codex.git("revert", "--no-edit", "HEAD")
            try await served.accepts(try await codex.git("rev-parse", "HEAD"))
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a restart on an invalid head serves the last accepted commit, and says so`() async throws {
            let office = try await PushedCodex.make()
            let good = try await office.codex.git("rev-parse", "HEAD")
            let first = try await office.serve()
            let bad = try await office.commit(PushedCodex.bad)
            try await office.push()
            try await first.refuses(bad)
            #expect(try await first.stop() == .exited(0))

            let second = try await office.serve()
            _ = try await second.child.errorLine(
                containing: "serving the last accepted commit commit=\(bad)")
            #expect(try await second.commit == good)
            #expect(try await office.codex.audit("codex.refused").count == 1)
            let better = try await office.commit(["agents/bad.yaml": ClerkCodex.agent("bad")])
            try await office.push()
            try await second.accepts(better)
            #expect(try await second.stop() == .exited(0))
        }

        @Test func `a restart on a commit that is not as git writes one serves the last accepted one, and says so`()
            async throws
        {
            let codex = try await TemporaryCodex.clerk()
            let good = try await codex.git("rev-parse", "HEAD")
            let first = try await codex.serve()
            #expect(try await first.stop() == .exited(0))
            let tree = try await codex.git("rev-parse", "HEAD^{tree}")
            try codex.write(["raw": "tree \(tree)\ntree \(tree)\nparent \(good)\n\nx\n"])
            let bad = try await codex.git("hash-object", "-t", "commit", "--literally", "-w", "raw")
            let branch = try await codex.git("symbolic-ref", "HEAD")
            try codex.write([".git/\(branch)": bad + "\n"])
            let second = try await codex.serve()
            let line = try await second.child.errorLine(
                containing: "serving the last accepted commit commit=\(bad)")
            #expect(line.contains("is malformed"), "\(line)")
            #expect(try await second.commit == good)
            try codex.write([".git/\(branch)": good + "\n"])
            try codex.write(PushedCodex.prompt(7))
            try await codex.commit()
            try await second.accepts(try await codex.git("rev-parse", "HEAD"))
            #expect(try await second.stop() == .exited(0))
        }

        @Test func `an invalid head where none was ever accepted ends with exit 3`() async throws {
            let codex = try await TemporaryCodex.clerk(changing: PushedCodex.bad.mapValues { $0 })
            let finished = try await codex.guild("serve", "--once")
            #expect(finished.status == 3)
            #expect(finished.errors.contains("agents/bad.yaml:"))
        }

        @Test func `a force-push is followed, and what it threw away is let go`() async throws {
            let office = try await PushedCodex.make()
            let served = try await office.serve()
            let first = try await office.commit(PushedCodex.prompt(1))
            try await office.push()
            try await served.accepts(first)
            try await office.codex.git("reset", "--quiet", "--hard", "HEAD~1")
            let other = try await office.commit(PushedCodex.prompt(2))
            try await office.push("--force", "HEAD:main")
            try await served.accepts(other)
            #expect(try await served.commit == other)
            // Let go after it was said, so awaited.
            while try await pins(office) != [other] { try Task.checkCancellation() }
            #expect(try await served.stop() == .exited(0))
        }

        private func pins(_ office: PushedCodex) async throws -> [String] {
            try await office.codex.git(
                "for-each-ref", "--format=%(objectname)", "refs/guild/commits", in: office.bare
            ).split(separator: "\n").map(String.init)
        }

        @Test func `a branch switch is followed, into a folder of refs that is new`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let served = try await codex.serve()
            try await codex.git("switch", "--quiet", "--create", "teams/night/shift")
            try codex.write(PushedCodex.prompt(1))
            try await codex.commit()
            let one = try await codex.git("rev-parse", "HEAD")
            try await served.accepts(one)
            try codex.write(PushedCodex.prompt(2))
            try await codex.commit()
            let two = try await codex.git("rev-parse", "HEAD")
            try await served.accepts(two)
            try await codex.git("switch", "--quiet", "main")
            let main = try await codex.git("rev-parse", "HEAD")
            try await served.accepts(main)
            #expect(try await served.commit == main)
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a linked work tree is served by its own branch`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let side = codex.folder + "/side"
            try await codex.git("worktree", "add", "--quiet", "-b", "side", side)
            let served = try await codex.serve(arguments: [], overriding: ["GUILD_CODEX": side])
            try codex.write(PushedCodex.prompt(1))
            try await codex.commit()
            let prompt = URL(fileURLWithPath: side + "/prompts/clerk.md")
            try Data("You work at the side.\n".utf8).write(to: prompt)
            try await codex.git("commit", "--quiet", "-am", "side", in: side)
            let commit = try await codex.git("rev-parse", "HEAD", in: side)
            try await served.accepts(commit)
            #expect(try await served.commit == commit)
            #expect(try await codex.audit("codex.accepted").count == 2)
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `packed refs and gc change nothing, and pushes go on behind them`() async throws {
            let office = try await PushedCodex.make()
            let served = try await office.serve()
            for generation in 1...3 {
                let commit = try await office.commit(PushedCodex.prompt(generation))
                try await office.push()
                try await served.accepts(commit)
                try await office.codex.git("pack-refs", "--all", in: office.bare)
                try await office.codex.git("gc", "--quiet", "--prune=now", in: office.bare)
                #expect(try await served.commit == commit)
            }
            // A ref that changes in packed-refs alone.
            let packed = office.bare + "/packed-refs"
            let text = try String(contentsOfFile: packed, encoding: .utf8)
            let head = try await office.codex.git("rev-parse", "HEAD")
            let before = try await office.codex.git("rev-parse", "HEAD~1")
            let changed = text.replacingOccurrences(of: "\(head) refs/heads/main", with: "\(before) refs/heads/main")
            #expect(changed != text)
            try Data(changed.utf8).write(to: URL(fileURLWithPath: packed), options: .atomic)
            _ = try await served.child.errorLine(containing: "codex accepted commit=\(before) replaces=\(head)")
            #expect(!served.child.errors.contains("reload failed"), "\(served.child.errors)")
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a repository that is replaced by rename is watched on`() async throws {
            let office = try await PushedCodex.make()
            let served = try await office.serve()
            let copy = office.bare + ".copy"
            try await office.codex.git("clone", "--quiet", "--bare", office.bare, copy)
            try FileManager.default.moveItem(atPath: office.bare, toPath: office.bare + ".old")
            try FileManager.default.moveItem(atPath: copy, toPath: office.bare)
            let commit = try await office.commit(PushedCodex.prompt(1))
            try await office.push()
            try await served.accepts(commit)
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a push that its webhook tells of is fetched at once`() async throws {
            let office = try await PushedCodex.make()
            let clone = office.codex.folder + "/clone"
            try await office.codex.git("clone", "--quiet", office.bare, clone)
            let served = try await office.codex.serve(
                arguments: ["--follow", "origin/main", "--follow-interval", "86400"], overriding: ["GUILD_CODEX": clone]
            )
            // GitHub's name of a repository is the end of its address.
            let name = office.bare.split(separator: "/").suffix(2).joined(separator: "/").dropLast(".git".count)
            // The first may still be met by the fetch of the start.
            for generation in 1...3 {
                let commit = try await office.commit(PushedCodex.prompt(generation))
                try await office.push()
                let delivered = try await served.deliver(.push(commit, to: String(name)))
                #expect(delivered.status == 202, "\(delivered.text)")
                try await served.accepts(commit)
            }
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a branch of a remote is fetched and followed`() async throws {
            let office = try await PushedCodex.make()
            let clone = office.codex.folder + "/clone"
            try await office.codex.git("clone", "--quiet", office.bare, clone)
            let served = try await office.codex.serve(
                arguments: ["--follow", "origin/main", "--follow-interval", "1"], overriding: ["GUILD_CODEX": clone])
            let commit = try await office.commit(PushedCodex.prompt(1))
            try await office.push()
            try await served.accepts(commit)
            #expect(try await served.stop() == .exited(0))
        }
    }
}

extension WebhookDelivery {
    /// Somebody pushed to `main` of a repository.
    fileprivate static func push(_ commit: String, to repository: String) -> WebhookDelivery {
        let payload: JSONValue = [
            "ref": "refs/heads/main", "before": .string(String(repeating: "0", count: 40)), "after": .string(commit),
            "commits": [], "repository": ["full_name": .string(repository)],
            "sender": ["login": "priya", "type": "User"],
        ]
        return WebhookDelivery(body: payload.bytes(), event: "push")
    }
}
