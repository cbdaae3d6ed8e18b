import Foundation
import GuildDomain
import Testing

@testable import GuildCodex

/// A named pipe in the place of a file: whoever opens it waits for ever. None of these may.
@Suite(.timeLimit(.minutes(1))) struct SpecialFilesTests {
    private func fixture() async throws -> (GitFixture, CommitID) {
        let fixture = try await GitFixture()
        let commit = try await fixture.commitCodex()
        return (fixture, commit)
    }

    private func pipe(_ path: String) {
        unlink(path)
        #expect(mkfifo(path, 0o600) == 0)
    }

    @Test(arguments: [
        "config", "HEAD", "packed-refs", "index", "shallow", "refs/heads/main", "objects/info/alternates",
        "objects/pack/multi-pack-index", "objects/info/commit-graph",
    ]) func `one in the place of a file of the repository is refused, and named`(name: String) async throws {
        let (fixture, _) = try await fixture()
        let path = fixture.path + "/.git/" + name
        pipe(path)
        let error = try #require(throws: CodexRepositoryError.self) {
            let repository = try CodexRepository(at: fixture.location)
            _ = try repository.files.tree(at: try repository.resolve("HEAD"))
        }
        #expect(error == .notAFile(path: path, found: "a named pipe"))
        #expect(error.kind == .unavailable)
        #expect(error.hint != nil)
    }

    @Test func `a folder, a device and a socket are refused too`() async throws {
        let (fixture, _) = try await fixture()
        let path = fixture.path + "/.git/packed-refs"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: CodexRepositoryError.notAFile(path: path, found: "a folder")) {
            try CodexRepository(at: fixture.location)
        }
        #expect(rmdir(path) == 0 && symlink("/dev/zero", path) == 0)
        #expect(throws: CodexRepositoryError.notAFile(path: path, found: "a device")) {
            try CodexRepository(at: fixture.location)
        }
    }

    @Test(arguments: [
        "[include]\n\tpath = more\n", "[Include] path = \"more\"\n", "[includeIf \"onbranch:main\"]\npath=PLACE/more\n",
        "[include]\n\tpath = less\n",
    ]) func `one that the configuration includes is refused`(section: String) async throws {
        let (fixture, _) = try await fixture()
        let folder = fixture.path + "/.git"
        pipe(folder + "/more")
        try Data("[include]\npath = more\n".utf8).write(to: URL(fileURLWithPath: folder + "/less"))
        // By hand: git would wait for it too.
        let config = URL(fileURLWithPath: folder + "/config")
        let text = try String(contentsOf: config, encoding: .utf8) + section.replacing("PLACE", with: folder)
        try Data(text.utf8).write(to: config)
        #expect(throws: CodexRepositoryError.notAFile(path: folder + "/more", found: "a named pipe")) {
            try CodexRepository(at: fixture.location)
        }
    }

    @Test func `a file that would fill memory is refused by its size`() async throws {
        let (fixture, _) = try await fixture()
        // All holes: it takes no room on the disk.
        #expect(truncate(fixture.path + "/.git/config", 1 << 40) == 0)
        let error = #expect(throws: CodexRepositoryError.self) { try CodexRepository(at: fixture.location) }
        #expect(error?.message.contains("/.git/config: cannot read the repository: larger than 16 MiB") == true)
    }

    @Test func `one among refs that nobody asked for does not hold up who lists them`() async throws {
        let (fixture, _) = try await fixture()
        let repository = try CodexRepository(at: fixture.location)
        pipe(fixture.path + "/.git/refs/heads/other")
        #expect(throws: CodexRepositoryError.self) { try repository.pins.all() }
        #expect(throws: CodexRepositoryError.unknownRevision("mian", place: fixture.path, nearest: nil)) {
            try repository.resolve("mian")
        }
    }

    @Test func `one in the place of an object is damage`() async throws {
        let (fixture, commit) = try await fixture()
        pipe(fixture.path + "/.git/objects/\(commit.hex.prefix(2))/\(commit.hex.dropFirst(2))")
        let repository = try CodexRepository(at: fixture.location)
        let error = try #require(throws: CodexRepositoryError.self) { try repository.files.tree(at: commit) }
        #expect(error.message.contains("damaged"))
    }

    @Test func `one in the place of a manifest is refused or left out, and named`() async throws {
        let (fixture, _) = try await fixture()
        let repository = try CodexRepository(at: fixture.location)
        pipe(fixture.path + "/agents/ranger.yaml")
        #expect(try repository.files.workTree().problems.contains { $0.text.contains("agents/ranger.yaml") })
        pipe(fixture.path + "/guild.yaml")
        #expect(throws: CodexRepositoryError.notAFile(path: fixture.path + "/guild.yaml", found: "a named pipe")) {
            try repository.files.workTree()
        }
    }

    @Test func `a linked work tree is looked at as well as what it shares`() async throws {
        let (fixture, _) = try await fixture()
        let linked = GitFixture.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: linked) }  // litter at worst
        try await fixture.git("worktree", "add", "--quiet", "--detach", linked)
        let location = CodexLocation(linked, workingDirectory: "/")
        let head = try await fixture.head()
        #expect(try CodexRepository(at: location).resolve("HEAD") == head)
        let own = (linked as NSString).lastPathComponent
        pipe(fixture.path + "/.git/worktrees/\(own)/HEAD")
        #expect(throws: CodexRepositoryError.self) { try CodexRepository(at: location).resolve("HEAD") }
    }
}
