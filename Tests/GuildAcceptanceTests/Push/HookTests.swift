import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Push {
    struct HookTests {
        private func install(_ office: PushedCodex, _ arguments: String...) async throws -> ChildProcess.Finished {
            try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), ["registry", "install-hook"] + arguments,
                environment: office.codex.variables(["GUILD_CODEX": office.bare]), directory: office.codex.folder)
        }

        private func head(_ office: PushedCodex) async throws -> String {
            try await office.codex.git("rev-parse", "refs/heads/main", in: office.bare)
        }

        @Test func `a bad push is rejected with the located errors, and a good one taken`() async throws {
            let office = try await PushedCodex.make()
            #expect(try await install(office).status == 0)
            let before = try await head(office)
            try await office.commit(PushedCodex.bad)
            let told = try await office.pushRefused()
            #expect(told.contains("remote: agents/bad.yaml:"), "\(told)")
            #expect(told.contains("did you mean 'prompt'?"), "\(told)")
            #expect(told.contains("pre-receive hook declined"), "\(told)")
            #expect(try await head(office) == before)

            // Another branch is not served, so it is nobody's business here.
            try await office.push("HEAD:refs/heads/draft")
            let good = try await office.commit(["agents/bad.yaml": ClerkCodex.agent("bad")])
            try await office.push()
            #expect(try await head(office) == good)
        }

        @Test func `a good push is told of the warnings that it brings, and of no others`() async throws {
            let office = try await PushedCodex.make(changing: [
                "agents/clerk.yaml": ClerkCodex.agent(more: "  safety: { canEscalateToHuman: true }")
            ])
            #expect(try await install(office).status == 0)
            try await office.commit(["agents/scout.yaml": ClerkCodex.agent("scout")])
            #expect(try await !office.pushTold().contains("warning"))
            let moved = "# a line more\n" + ClerkCodex.agent(more: "  safety: { canEscalateToHuman: true }")
            let scout = ClerkCodex.agent("scout", more: "  safety: { canEscalateToHuman: true }")
            try await office.commit(["agents/clerk.yaml": moved, "agents/scout.yaml": scout])
            let told = try await office.pushTold()
            #expect(told.contains("remote: agents/scout.yaml:") && told.contains(": warning: "), "\(told)")
            #expect(!told.contains("clerk.yaml"), "\(told)")
        }

        @Test func `the objects of a large push are read in quarantine too, as a pack`() async throws {
            let office = try await PushedCodex.make()
            #expect(try await install(office).status == 0)
            // More objects than receive.unpackLimit, so that git keeps the pack.
            var files: [String: String] = [:]
            for number in 0..<150 { files["agents/agent-\(number).yaml"] = ClerkCodex.agent("agent-\(number)") }
            let good = try await office.commit(files)
            try await office.push()
            #expect(try await head(office) == good)
            for number in 0..<150 {
                files["agents/agent-\(number).yaml"] = ClerkCodex.agent("agent-\(number)", more: "  coulour: \(number)")
            }
            try await office.commit(files)
            #expect(try await office.pushRefused().contains("and 100 more"))
            #expect(try await head(office) == good)
        }

        @Test func `the branch that is served cannot be deleted, nor forced to something invalid`() async throws {
            let office = try await PushedCodex.make()
            try await office.codex.git("config", "receive.denyDeleteCurrent", "ignore", in: office.bare)
            #expect(try await install(office).status == 0)
            #expect(try await office.pushRefused(":main").contains("cannot be deleted"))
            try await office.codex.git("switch", "--quiet", "--orphan", "empty")
            try await office.codex.git("commit", "--quiet", "--allow-empty", "-m", "nothing")
            let told = try await office.pushRefused("--force", "HEAD:main")
            #expect(told.contains("no guild.yaml"), "\(told)")
        }

        @Test func `a hook that is there runs first, is never lost, and comes back`() async throws {
            let office = try await PushedCodex.make()
            let hook = office.bare + "/hooks/pre-receive"
            let own =
                "#!/bin/sh\ncat > \"$GIT_DIR/seen\"\n[ ! -e \"$GIT_DIR/closed\" ] || { echo closed for today >&2; exit 7; }\n"
            try await ExecutableFile.write(own, to: hook)
            #expect(try await install(office).output.contains("runs first"))
            // Twice changes nothing more.
            #expect(try await install(office).status == 0)
            let good = try await office.commit(PushedCodex.prompt(1))
            try await office.push()
            #expect(try await head(office) == good)
            let seen = try String(contentsOfFile: office.bare + "/seen", encoding: .utf8)
            #expect(seen.contains("\(good) refs/heads/main"))
            try await office.commit(PushedCodex.prompt(2))
            try Data().write(to: URL(fileURLWithPath: office.bare + "/closed"))
            #expect(try await office.pushRefused().contains("closed for today"))

            #expect(try await install(office, "--uninstall").status == 0)
            #expect(try String(contentsOfFile: hook, encoding: .utf8) == own)
            #expect(try await install(office, "--uninstall").status == 2)

            // A third hook beside ours is for a person to sort out.
            try Data(own.utf8).write(to: URL(fileURLWithPath: hook + ".before-guild"))
            let refused = try await install(office)
            #expect(refused.status == 5, "\(refused.errors)")
            #expect(try String(contentsOfFile: hook, encoding: .utf8) == own)
        }

        @Test func `only what an allowed signer signed is taken, by hook and by serve`() async throws {
            let office = try await PushedCodex.make()
            let codex = office.codex
            let key = codex.folder + "/key"
            let made = try await ChildProcess.run(
                "/usr/bin/env", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", key])
            #expect(made.status == 0)
            let stranger = codex.folder + "/stranger"
            _ = try await ChildProcess.run(
                "/usr/bin/env", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "eve", "-f", stranger])
            let signers = codex.folder + "/signers"
            let publicKey = try String(contentsOfFile: key + ".pub", encoding: .utf8)
            try Data("ada@localhost \(publicKey)".utf8).write(to: URL(fileURLWithPath: signers))
            try await codex.git("config", "gpg.format", "ssh")
            try await codex.git("config", "user.signingkey", key + ".pub")

            let first = try await codex.guild(
                "serve", "--once", "--signers", signers, overriding: ["GUILD_CODEX": office.bare])
            #expect(first.status == 3, "\(first.errors)")
            #expect(first.errors.contains("not signed by one of"))

            try codex.write(PushedCodex.prompt(1))
            try await codex.git("commit", "--quiet", "-S", "-am", "signed")
            try await office.push()
            let signed = try await codex.git("rev-parse", "HEAD")
            let served = try await office.serve("--signers", signers)
            #expect(try await served.commit == signed)

            try codex.write(PushedCodex.prompt(2))
            try await codex.git("config", "user.signingkey", stranger + ".pub")
            try await codex.git("commit", "--quiet", "-S", "-am", "signed by a stranger")
            try await office.push()
            let strange = try await codex.git("rev-parse", "HEAD")
            #expect(try await served.refuses(strange).contains("not signed by one of"))
            #expect(try await served.commit == signed)

            #expect(try await install(office, "--signers", signers).status == 0)
            try await office.commit(PushedCodex.prompt(3))
            #expect(try await office.pushRefused().contains("not signed by one of"))
            try codex.write(PushedCodex.prompt(4))
            try await codex.git("config", "user.signingkey", key + ".pub")
            try await codex.git("commit", "--quiet", "-S", "-am", "signed again")
            try await office.push()
            try await served.accepts(try await codex.git("rev-parse", "HEAD"))
            #expect(try await served.stop() == .exited(0))

            // From within the repository the pushed could change it.
            let inside = office.bare + "/signers"
            try FileManager.default.copyItem(atPath: signers, toPath: inside)
            let refused = try await codex.guild(
                "serve", "--once", "--signers", inside, overriding: ["GUILD_CODEX": office.bare])
            #expect(refused.status == 2)
        }
    }
}
