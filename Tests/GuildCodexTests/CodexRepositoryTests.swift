import Foundation
import GuildCodex
import GuildDomain
import Testing

struct CodexRepositoryTests {
    private func load(_ fixture: GitFixture, rev: String = "HEAD") throws -> LoadResult {
        let repository = try CodexRepository(at: fixture.location)
        return try CodexLoader(repository: repository, systems: SmallCodex.systems).load(rev: rev)
    }

    @Test(arguments: ["", "codex"])
    func `a codex is read from the root or from the folder codex`(_ folder: String) async throws {
        let fixture = try await GitFixture()
        let commit = try await fixture.commitCodex(in: folder)
        let snapshot = try load(fixture).get()
        #expect(snapshot.commit == commit.hex)
        #expect(!snapshot.isWorktree)
        #expect(snapshot.agent("ranger") != nil)
        #expect(snapshot.file("prompts/ranger.md") != nil)
    }

    @Test func `a folder that is named counts before the root's codex`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex(in: "codex")
        try await fixture.commitCodex(in: "teams/west")
        try fixture.write(["teams/west/guild.yaml": "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: west }\n"])
        try await fixture.commit("west")
        let folder = CodexLocation("teams/west", workingDirectory: fixture.path)
        let repository = try CodexRepository(at: folder)
        #expect(repository.namedFolder == "teams/west")
        let loader = CodexLoader(repository: repository, systems: SmallCodex.systems)
        #expect(try loader.load().get().guild.name == "west")
        #expect(try loader.loadWorktree().get().guild.name == "west")
    }

    @Test func `a bare and a packed repository read the same`() async throws {
        let fixture = try await GitFixture()
        let commit = try await fixture.commitCodex()
        let bare = try await GitFixture(bareCloneOf: fixture)
        try await bare.git("repack", "-adq")
        try await bare.git("pack-refs", "--all")
        let snapshot = try load(bare).get()
        #expect(snapshot.commit == commit.hex)
        let repository = try CodexRepository(at: bare.location)
        #expect(repository.workTree == nil)
        #expect(throws: CodexRepositoryError.withoutWorkTree(place: bare.path)) { try repository.files.workTree() }
        let files = try repository.files.list(at: commit)
        #expect(files.map(\.path) == SmallCodex.files.keys.sorted())
    }

    @Test func `revisions are hashes, branches, tags and their ancestors`() async throws {
        let fixture = try await GitFixture()
        let first = try await fixture.commitCodex()
        try await fixture.git("tag", "-a", "v1", "-m", "one")
        let second = try await fixture.commit("empty")
        try await fixture.git("branch", "feature/rangers")
        let repository = try CodexRepository(at: fixture.location)
        #expect(try repository.resolve("HEAD") == second)
        #expect(try repository.resolve("main~1") == first)
        #expect(try repository.resolve("v1") == first)
        #expect(try repository.resolve(String(first.hex.prefix(10))) == first)
        for (wrong, nearest) in [("mian", "main"), ("feature/ranger", "feature/rangers"), ("v2", "v1")] {
            #expect(throws: CodexRepositoryError.unknownRevision(wrong, place: fixture.path, nearest: nearest)) {
                try repository.resolve(wrong)
            }
        }
        for wrong in ["", "a\0b", "..", "HEAD:guild.yaml", String(repeating: "f", count: 40), "@{-99}", "main^{tree}"] {
            let error = #expect(throws: CodexRepositoryError.self) { try repository.resolve(wrong) }
            #expect(error?.kind == .usage, "\(wrong)")
        }
    }

    @Test func `a short name is the branch's before a tag's`() async throws {
        let fixture = try await GitFixture()
        let first = try await fixture.commitCodex()
        try await fixture.git("tag", "main")
        try await fixture.git("tag", "a@2")
        try await fixture.git("tag", "old")
        let second = try await fixture.commit("empty")
        try await fixture.git("update-ref", "refs/heads/a@2", second.hex)
        let repository = try CodexRepository(at: fixture.location)
        for isServed in [false, true] {
            for name in ["main", "heads/main", "refs/heads/main", "a@2", "HEAD"] {
                #expect(try repository.resolve(name, isServed: isServed) == second, "\(name)")
            }
            #expect(try repository.resolve("main~1", isServed: isServed) == first)
            #expect(try repository.resolve("refs/tags/main", isServed: isServed) == first)
            #expect(try repository.resolve(first.hex, isServed: isServed) == first)
        }
        #expect(try repository.resolve("old") == first)
        for name in ["old", "old~0", "tags/old"] {
            #expect(
                throws: CodexRepositoryError.notABranch(name, place: fixture.path, reference: "refs/tags/old")
            ) { try repository.resolve(name, isServed: true) }
        }
        #expect(try repository.references.tagBeside("main~1") == "refs/tags/main")
        #expect(try repository.references.tagBeside("refs/heads/main") == nil)
        #expect(try repository.references.servedName("main") == "refs/heads/main")
        #expect(try repository.references.servedName("old") == "refs/heads/old")
        #expect(try repository.references.served("old") == nil)
    }

    @Test func `uncommitted files are read apart, without following links`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let secret = GitFixture.temporaryPath()
        try Data("secret".utf8).write(to: URL(fileURLWithPath: secret))
        defer { try? FileManager.default.removeItem(atPath: secret) }  // litter at worst
        try fixture.write(["prompts/ranger.md": "Changed.", "agents/new.yaml": SmallCodex.manifest("new")])
        for (link, target) in [("prompts/leak.md", secret), ("state/all", "/etc")] {
            try FileManager.default.createSymbolicLink(
                atPath: fixture.path + "/" + link, withDestinationPath: target)
        }
        let repository = try CodexRepository(at: fixture.location)
        let loader = CodexLoader(repository: repository, systems: SmallCodex.systems)
        let result = try loader.loadWorktree()
        let snapshot = try result.get()
        #expect(snapshot.isWorktree)
        #expect(snapshot.agent("new") != nil)
        #expect(snapshot.file("prompts/leak.md") == nil)
        #expect(snapshot.files(matching: "state/*") == ["state/notes.json"])
        #expect(result.warnings.map(\.file) == ["prompts/leak.md", "state/all"])
        #expect(try loader.loadWorktree().snapshot?.commit == snapshot.commit)
        try fixture.write(["prompts/ranger.md": "Changed again."])
        #expect(try loader.loadWorktree().snapshot?.commit != snapshot.commit)
        #expect(try loader.load().get().agent("new") == nil)
    }

    @Test func `links and submodules in a commit are left out with a warning`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        try FileManager.default.createSymbolicLink(
            atPath: fixture.path + "/agents/link.yaml", withDestinationPath: "/etc/passwd")
        let head = try await fixture.head()
        try await fixture.git("update-index", "--add", "--cacheinfo", "160000,\(head.hex),vendor")
        try await fixture.git("add", "agents")
        try await fixture.git("commit", "--quiet", "-m", "links")
        let result = try load(fixture)
        #expect(result.snapshot != nil)
        #expect(
            result.problems.map(\.text) == [
                "agents/link.yaml:1:1: warning: a symbolic link, which is ignored, expected a plain file",
                "vendor:1:1: warning: a submodule, which is ignored, expected a plain file",
            ])
    }

    @Test func `a pinned commit outlives a force push and a collection`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commit("root")
        let pinned = try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        try repository.pins.add(pinned)
        try repository.pins.add(pinned)
        #expect(try repository.pins.all() == [pinned])
        try await fixture.git("reset", "--quiet", "--hard", "HEAD~1")
        try await fixture.git("reflog", "expire", "--expire=now", "--all")
        try await fixture.git("gc", "--quiet", "--prune=now")
        let loader = CodexLoader(repository: repository, systems: SmallCodex.systems)
        #expect(try loader.load(pinned).get().agent("ranger") != nil)
        try repository.pins.remove(pinned)
        try repository.pins.remove(pinned)
        #expect(try repository.pins.all() == [])
        try await fixture.git("gc", "--quiet", "--prune=now")
        let fresh = try CodexRepository(at: fixture.location)
        #expect(throws: CodexRepositoryError.self) { try fresh.files.tree(at: pinned) }
    }

    @Test func `a commit made after opening is seen`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        let old = try repository.resolve("HEAD")
        let new = try await fixture.commit("later")
        try await fixture.git("repack", "-adq")
        #expect(try repository.resolve("HEAD") == new)
        #expect(old != new)
        #expect(try repository.files.list(at: new).count == SmallCodex.files.count)
    }

    @Test func `many threads read at once`() async throws {
        let fixture = try await GitFixture()
        let commit = try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 { group.addTask { try repository.files.list(at: commit).count } }
            for try await count in group { #expect(count == SmallCodex.files.count) }
        }
    }

    @Test func `what does not fit the limits is an error, not a gap`() async throws {
        let fixture = try await GitFixture()
        try fixture.write(["a/b/c/deep.md": "x", "large.md": String(repeating: "x", count: 3000)])
        let commit = try await fixture.commitCodex()
        let limits = CodexLimits(fileBytes: 2000, totalBytes: 100_000, files: 100, depth: 2)
        let tree = try CodexRepository(at: fixture.location, limits: limits).files.tree(at: commit)
        #expect(
            tree.problems.map(\.text) == [
                "a/b/c:1:1: error: a folder 3 levels deep, expected at most 2 levels",
                "large.md:1:1: error: a file of 3000 bytes, expected at most 2000 bytes",
            ])
        let few = try CodexRepository(at: fixture.location, limits: CodexLimits(files: 3)).files.tree(at: commit)
        #expect(few.files.count == 3)
        #expect(few.problems.count == 1)
        let disk = try CodexRepository(at: fixture.location, limits: limits).files.workTree()
        #expect(disk.problems.count == 2)
    }
}

extension SmallCodex {
    static func manifest(_ name: String) -> String {
        "apiVersion: guild/v1\nkind: Agent\nmetadata: { name: \(name) }\nspec: { prompt: You are a test. }\n"
    }
}
