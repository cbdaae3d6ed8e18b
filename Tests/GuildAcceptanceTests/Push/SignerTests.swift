import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Push {
    /// What whoever may push could try where only signed commits count.
    struct SignerTests {
        /// A pushed codex whose clone signs what it is told to sign, and the file of those who may.
        private func make() async throws -> (office: PushedCodex, signers: String) {
            let office = try await PushedCodex.make()
            let key = office.codex.folder + "/key"
            let made = try await ChildProcess.run(
                "/usr/bin/env", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", key])
            #expect(made.status == 0)
            let signers = office.codex.folder + "/signers"
            let publicKey = try String(contentsOfFile: key + ".pub", encoding: .utf8)
            try Data("ada@localhost \(publicKey)".utf8).write(to: URL(fileURLWithPath: signers))
            try await office.codex.git("config", "gpg.format", "ssh")
            try await office.codex.git("config", "user.signingkey", key + ".pub")
            return (office, signers)
        }

        private func signed(_ office: PushedCodex, _ generation: Int) async throws -> String {
            try office.codex.write(PushedCodex.prompt(generation))
            try await office.codex.git("commit", "--quiet", "-S", "-am", "signed")
            try await office.push()
            return try await office.codex.git("rev-parse", "HEAD")
        }

        @Test func `a ref that puts a signed commit in the place of another does not make that one signed`()
            async throws
        {
            let (office, signers) = try await make()
            let good = try await signed(office, 1)
            let served = try await office.serve("--signers", signers)
            let unsigned = try await office.commit(PushedCodex.prompt(2))
            try await office.push("\(good):refs/replace/\(unsigned)")
            let installed = try await office.codex.guild(
                "registry", "install-hook", "--signers", signers, overriding: ["GUILD_CODEX": office.bare])
            #expect(installed.status == 0, "\(installed.errors)")
            #expect(try await office.pushRefused().contains("not signed by one of"))
            _ = try await office.codex.guild(
                "registry", "install-hook", "--uninstall", overriding: ["GUILD_CODEX": office.bare])
            try await office.push()
            #expect(try await served.refuses(unsigned).contains("not signed by one of"))
            #expect(try await served.commit == good)
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `history only goes forward, for who runs and for who begins`() async throws {
            let (office, signers) = try await make()
            let old = try await signed(office, 1)
            let new = try await signed(office, 2)
            let served = try await office.serve("--signers", signers)
            try await office.push("--force", "\(old):main")
            #expect(try await served.refuses(old).contains("does not descend from \(new.prefix(12))"))
            #expect(try await served.commit == new)
            #expect(try await served.stop() == .exited(0))

            let second = try await office.serve("--signers", signers)
            _ = try await second.child.errorLine(
                containing: "serving the last accepted commit commit=\(old)")
            #expect(try await second.commit == new)
            let next = try await signed(office, 3)
            try await second.accepts(next)
            #expect(try await second.stop() == .exited(0))
        }

        @Test func `a served branch that is still to come is judged by the hook`() async throws {
            let office = try await PushedCodex.make()
            let installed = try await office.codex.guild(
                "registry", "install-hook", "--rev", "release", overriding: ["GUILD_CODEX": office.bare])
            #expect(installed.status == 0, "\(installed.errors)")
            try await office.commit(PushedCodex.bad)
            try await office.push("HEAD:refs/heads/main")
            #expect(try await office.pushRefused("HEAD:refs/heads/release").contains("agents/bad.yaml:"))
            try await office.commit(["agents/bad.yaml": ClerkCodex.agent("bad")])
            try await office.push("HEAD:refs/heads/release")
        }

        @Test func `a remote is asked once in its interval, however often it had nothing new`() async throws {
            let office = try await PushedCodex.make()
            let folder = office.codex.folder
            let (clone, log) = (folder + "/clone", folder + "/fetches")
            try await office.codex.git("clone", "--quiet", office.bare, clone)
            try FileManager.default.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: log))
            let watch = try FileWatch(log)
            let git = try await ChildProcess.run("/bin/sh", ["-c", "command -v git"]).output
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let wrapper = "#!/bin/sh\ncase \"$*\" in *fetch*) date +%s%N >> '\(log)' ;; esac\nexec \(git) \"$@\"\n"
            try await ExecutableFile.write(wrapper, to: folder + "/bin/git")
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let served = try await office.codex.serve(
                arguments: ["--follow", "origin/main", "--follow-interval", "1"],
                overriding: ["GUILD_CODEX": clone, "PATH": "\(folder)/bin:\(path)"])
            try await blocking { try watch.wait(writes: 5) }
            #expect(try await served.stop() == .exited(0))
            let times = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap { Int64($0) }
            // The first is made before anything is served.
            let gaps = zip(times.dropFirst(2), times.dropFirst()).map { $0 - $1 }
            #expect(gaps.allSatisfy { $0 >= 900_000_000 }, "\(gaps)")
        }
    }
}
