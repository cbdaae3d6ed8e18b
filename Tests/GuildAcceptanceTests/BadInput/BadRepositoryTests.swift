import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// The repository is a dependency: exit 6 where it is not to be had, 2 where it was named wrongly.
    struct BadRepositoryTests {
        @Test func `a revision that is not there`() async throws {
            let codex = try await TemporaryCodex.clerk()
            expectRefusal(
                try await codex.guild("run", "clerk", "--rev", "mian"), 2, codex.repository, "unknown revision 'mian'",
                "did you mean 'main'?", "hint: ")
        }

        @Test func `no repository`() async throws {
            let codex = try TemporaryCodex()
            let nowhere = codex.folder + "/nowhere"
            expectRefusal(
                try await codex.guild("run", "clerk", "--codex", nowhere, in: codex.folder), 6, nowhere,
                "no git repository", "hint: ", "guild init")
        }

        @Test func `a folder that is no repository`() async throws {
            let codex = try TemporaryCodex()
            expectRefusal(
                try await codex.guild("run", "clerk", in: codex.folder), 6, codex.folder, "no codex", "guild init")
        }

        @Test func `a repository without a commit`() async throws {
            let codex = try TemporaryCodex()
            try await codex.git("init", "--quiet", codex.repository, in: codex.folder)
            expectRefusal(try await codex.guild("run", "clerk"), 6, codex.repository, "no commit yet", "git commit")
        }

        @Test func `a commit without a codex`() async throws {
            let codex = try await TemporaryCodex.clerk(changing: ["guild.yaml": nil])
            try FileManager.default.removeItem(atPath: codex.repository + "/agents")
            try await codex.commit()
            expectRefusal(try await codex.guild("run", "clerk"), 3, codex.repository, "no guild.yaml", "guild init")
        }

        @Test(arguments: ["HEAD", "HEAD^{tree}", "HEAD:agents/clerk.yaml"], [10, 0, nil])
        func `an object that is cut, empty or gone`(object: String, size: UInt64?) async throws {
            let codex = try await TemporaryCodex.clerk()
            let name = try await codex.git("rev-parse", object)
            let path = "\(codex.repository)/.git/objects/\(name.prefix(2))/\(name.dropFirst(2))"
            if let size {
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
                let handle = try #require(FileHandle(forWritingAtPath: path))
                try handle.truncate(atOffset: size)
                try handle.close()
            } else {
                try FileManager.default.removeItem(atPath: path)
            }
            expectRefusal(try await codex.guild("run", "clerk"), 6, codex.repository, "damaged", "git fsck")
        }

        @Test func `a bare repository is as good as any`() async throws {
            let standIn = try await StandInProcess.start()
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: standIn.baseURL)
            let bare = codex.folder + "/bare.git"
            try await codex.git("clone", "--quiet", "--bare", codex.repository, bare)
            let run = try await codex.guild(
                "run", "clerk", "hello", "--on", "github:acme/shop", "--codex", bare, in: codex.folder)
            #expect(run.status == 0, "\(run.errors)")
            expectRefusal(
                try await codex.guild("run", "clerk", "--worktree", "--codex", bare, in: codex.folder), 2, bare,
                "no work tree", "hint: ")
        }
    }
}
