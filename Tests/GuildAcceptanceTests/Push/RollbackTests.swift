import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Push {
    struct RollbackTests {
        @Test func `a rollback in a bare repository adds a commit that serve takes up`() async throws {
            let office = try await PushedCodex.make()
            let before = try await office.codex.git("rev-parse", "HEAD^{tree}")
            let served = try await office.serve()
            let wrong = try await office.commit(PushedCodex.prompt(1))
            try await office.push()
            try await served.accepts(wrong)
            let made = try await office.codex.guild(
                "registry", "rollback", "-o", "json", overriding: ["GUILD_CODEX": office.bare])
            #expect(made.status == 0, "\(made.errors)")
            let commit = try #require(try JSONParser.parse(made.output)["commit"]?.string)
            try await served.accepts(commit)
            #expect(try await office.codex.git("rev-parse", "\(commit)^{tree}", in: office.bare) == before)
            #expect(try await office.codex.git("rev-parse", "\(commit)^", in: office.bare) == wrong)
            let message = try await office.codex.git("log", "-1", "--format=%an %s", commit, in: office.bare)
            #expect(message == "guild Revert \"codex\"")
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a rollback updates the files, and leaves uncommitted work alone`() async throws {
            let codex = try await TemporaryCodex.clerk()
            try codex.write(PushedCodex.prompt(1))
            try await codex.commit()
            let wrong = try await codex.git("rev-parse", "HEAD")
            try codex.write(["agents/scout.yaml": ClerkCodex.agent("scout")])
            try await codex.commit()
            let tip = try await codex.git("rev-parse", "HEAD")

            try codex.write(PushedCodex.prompt(9))
            #expect(try await codex.guild("registry", "rollback", wrong).status == 5)
            try await codex.git("add", "--all")
            #expect(try await codex.guild("registry", "rollback", wrong).status == 5)
            #expect(try await codex.git("rev-parse", "HEAD") == tip)
            try await codex.git("reset", "--quiet", "--hard")

            #expect(try await codex.guild("registry", "rollback", wrong).status == 0)
            #expect(try await codex.git("rev-parse", "HEAD^") == tip)
            #expect(try await codex.git("status", "--porcelain").isEmpty)
            let prompt = try String(contentsOfFile: codex.repository + "/prompts/clerk.md", encoding: .utf8)
            #expect(prompt == "You are the clerk of this office.\n")
            // Once more it has nothing to take back.
            #expect(try await codex.guild("registry", "rollback", wrong).status == 2)
        }

        @Test func `what would be invalid is not made, nor what conflicts`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let first = try await codex.git("rev-parse", "HEAD")
            try codex.write(PushedCodex.prompt(1))
            try await codex.commit()
            let one = try await codex.git("rev-parse", "HEAD")
            try codex.write(PushedCodex.prompt(2))
            try await codex.commit()
            let tip = try await codex.git("rev-parse", "HEAD")
            #expect(try await codex.guild("registry", "rollback", one).status == 2)
            let hollow = try await codex.guild("registry", "rollback", first)
            #expect(hollow.status != 0)
            #expect(try await codex.git("rev-parse", "HEAD") == tip)
        }

        @Test func `what would leave an invalid codex says which commit holds it up`() async throws {
            let codex = try await TemporaryCodex.clerk()
            // The first commit is all there is.
            let hollow = try await codex.guild("registry", "rollback")
            #expect(hollow.status == 3)
            #expect(hollow.errors.contains("no guild.yaml"), "\(hollow.errors)")
            try codex.write(PushedCodex.bad)
            try await codex.commit()
            try codex.write(["agents/bad.yaml": ClerkCodex.agent("bad")])
            try await codex.commit()
            let tip = try await codex.git("rev-parse", "HEAD")
            let refused = try await codex.guild("registry", "rollback")
            #expect(refused.status == 3)
            #expect(refused.errors.contains("without commit \(tip.prefix(12)) the codex would be invalid"))
            #expect(refused.errors.contains("did you mean 'prompt'?"), "\(refused.errors)")
            #expect(refused.errors.contains("nothing was changed"))
            #expect(try await codex.git("rev-parse", "HEAD") == tip)
            #expect(try await codex.guild("registry", "rollback", "nowhere").status == 2)
            #expect(try await codex.guild("registry", "rollback", "--rev", "HEAD~1").status == 2)
        }
    }
}
