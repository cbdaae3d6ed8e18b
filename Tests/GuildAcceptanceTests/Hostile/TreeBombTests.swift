import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Hostile {
    /// A folder of a few hundred bytes that is a hundred million million entries for who walks it.
    struct TreeBombTests {
        /// The bomb in the clone, and its name.
        private func bomb(_ office: PushedCodex) async throws -> String {
            try await TreeBomb.make(TreeBomb.nested, [10, 14], in: office.codex.repository)
            return try await office.codex.git("rev-parse", "bomb")
        }

        @Test func `it is refused wherever a commit is read`() async throws {
            let office = try await PushedCodex.make()
            _ = try await bomb(office)
            for arguments in [
                ["registry", "validate", "bomb"], ["registry", "validate", "--rev", "bomb"],
                ["run", "clerk", "--rev", "bomb"], ["registry", "plan", "HEAD", "bomb"],
                ["registry", "history", "clerk", "--rev", "bomb"],
            ] {
                let finished = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), arguments, environment: office.codex.environment,
                    directory: office.codex.repository)
                #expect(finished.status == 3, "\(arguments): \(finished.errors)")
                #expect(
                    (finished.output + finished.errors).contains("too many files and folders"),
                    "\(arguments): \(finished.output)\(finished.errors)")
            }
        }

        @Test func `who serves refuses it, takes the next commit, and ends when told`() async throws {
            let office = try await PushedCodex.make()
            let served = try await office.serve()
            let name = try await bomb(office)
            try await office.push("bomb:main")
            #expect(try await served.refuses(name).contains("too many files and folders"))
            let ready = try await served.get("/readyz")
            #expect(ready.status == 200)
            #expect(ready.json?["codex"]?["refused"]?["commit"]?.string == name)
            let good = try await office.commit(PushedCodex.prompt(2))
            try await office.push("--force", "HEAD:main")
            try await served.accepts(good)
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a hook rejects it`() async throws {
            let office = try await PushedCodex.make()
            let installed = try await office.codex.guild(
                "registry", "install-hook", overriding: ["GUILD_CODEX": office.bare])
            #expect(installed.status == 0, "\(installed.errors)")
            _ = try await bomb(office)
            #expect(try await office.pushRefused("bomb:main").contains("too many files and folders"))
        }

        @Test func `unsigned it is not even looked at`() async throws {
            let office = try await PushedCodex.make()
            let signers = office.codex.folder + "/signers"
            try Data("ada@localhost ssh-ed25519 AAAA\n".utf8).write(to: URL(fileURLWithPath: signers))
            let installed = try await office.codex.guild(
                "registry", "install-hook", "--signers", signers, overriding: ["GUILD_CODEX": office.bare])
            #expect(installed.status == 0, "\(installed.errors)")
            _ = try await bomb(office)
            let told = try await office.pushRefused("bomb:main")
            #expect(told.contains("not signed by one of"), "\(told)")
            #expect(!told.contains("files and folders"), "\(told)")
        }
    }
}
