import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Push {
    /// Whoever may push tags, and no branch, does not decide what is served.
    struct TagNameTests {
        private func guild(_ office: PushedCodex, _ arguments: String...) async throws -> ChildProcess.Finished {
            try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), arguments,
                environment: office.codex.variables(["GUILD_CODEX": office.bare]), directory: office.codex.folder)
        }

        @Test func `a tag with the branch's name is not served, and the hook judges the branch`() async throws {
            let office = try await PushedCodex.make()
            #expect(try await guild(office, "registry", "install-hook", "--rev", "main").status == 0)
            let served = try await office.serve("--rev", "main")
            // The hook judges neither this tag nor takes it for the branch.
            try await office.commit(PushedCodex.bad)
            try await office.codex.git("tag", "main")
            try await office.push("refs/tags/main")
            #expect(try await office.pushRefused("HEAD:refs/heads/main").contains("remote: agents/bad.yaml:"))
            try await office.codex.git("rm", "--quiet", "agents/bad.yaml")
            let good = try await office.commit(PushedCodex.prompt(2))
            try await office.push("HEAD:refs/heads/main")
            try await served.accepts(good)
            let ready = try await served.get("/readyz")
            #expect(ready.json?.value(at: ["codex", "commit"]) == .string(good), "\(ready.text)")
            #expect(ready.json?.value(at: ["codex", "refused"]) == nil, "\(ready.text)")
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a tag alone is not taken for a branch to serve, and its full name is`() async throws {
            let office = try await PushedCodex.make()
            try await office.codex.git("tag", "v1")
            try await office.push("refs/tags/v1")
            let refused = try await guild(office, "serve", "--once", "--rev", "v1")
            #expect(refused.status == 2, "\(refused.errors)")
            #expect(refused.errors.contains("'v1' is not a branch; there is only refs/tags/v1"), "\(refused.errors)")
            #expect(try await guild(office, "serve", "--once", "--rev", "refs/tags/v1").status == 0)
            #expect(try await guild(office, "registry", "list", "--rev", "v1").status == 0)
        }

        @Test func `who reads a revision gets the branch, and is told of the tag`() async throws {
            let office = try await PushedCodex.make()
            try await office.commit(PushedCodex.bad)
            try await office.codex.git("tag", "main")
            try await office.push("refs/tags/main")
            let valid = try await guild(office, "registry", "validate", "--rev", "main")
            #expect(valid.status == 0, "\(valid.errors)")
            #expect(valid.errors.contains("'main' is a branch and a tag: guild uses the branch"), "\(valid.errors)")
            #expect(try await guild(office, "registry", "validate", "refs/tags/main").status == 3)
            let plan = try await guild(office, "registry", "plan", "main", "HEAD")
            #expect(plan.status == 0, "\(plan.errors)")
            #expect(plan.errors.contains("the tag's full name is refs/tags/main"), "\(plan.errors)")
        }
    }
}
