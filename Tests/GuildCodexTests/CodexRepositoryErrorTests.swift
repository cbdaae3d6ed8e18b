import Foundation
import GuildCodex
import GuildDomain
import Testing

struct CodexRepositoryErrorTests {
    private func error(opening path: String) -> CodexRepositoryError? {
        do throws(CodexRepositoryError) {
            _ = try CodexRepository(at: CodexLocation(path, workingDirectory: "/"))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a place without a repository is unavailable and says what to do`() throws {
        let path = GitFixture.temporaryPath()
        #expect(error(opening: path) == .missing(place: path))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }  // litter at worst
        let empty = try #require(error(opening: path))
        #expect(empty == .missing(place: path))
        #expect(empty.kind == .unavailable)
        #expect(empty.hint?.contains("guild init") == true)
    }

    @Test func `a repository without a commit says so`() async throws {
        let fixture = try await GitFixture()
        let repository = try CodexRepository(at: fixture.location)
        #expect(throws: CodexRepositoryError.empty(place: fixture.path)) { try repository.resolve("HEAD") }
        #expect(throws: CodexRepositoryError.unknownRevision("main", place: fixture.path, nearest: nil)) {
            try repository.resolve("main")
        }
    }

    @Test func `a repository without a codex says where it looked`() async throws {
        let fixture = try await GitFixture()
        let commit = try await fixture.commit("empty")
        let repository = try CodexRepository(at: fixture.location)
        #expect(throws: CodexRepositoryError.notACodex(place: fixture.path, revision: commit.short, folder: "")) {
            try repository.files.tree(at: commit)
        }
    }

    @Test func `formats that libgit2 cannot read are named`() async throws {
        let sha256 = try await GitFixture(["--object-format=sha256"])
        #expect(error(opening: sha256.path) == .unsupportedFormat(place: sha256.path, format: "SHA-256 objects"))
        let reftable = try await GitFixture()
        try await reftable.git("config", "core.repositoryformatversion", "1")
        try await reftable.git("config", "extensions.refstorage", "reftable")
        #expect(
            error(opening: reftable.path) == .unsupportedFormat(place: reftable.path, format: "the reftable format"))
    }

    @Test(arguments: ["tree TREE\ntree TREE\n", "", "tree TREE\nauthor nobody\n\n", "tree BLOB\nSIGNED\nwrong\n"])
    func `a commit that is not as git writes one is the commit's fault, and is found by its name`(
        text: String
    ) async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let tree = try await fixture.git("rev-parse", "HEAD^{tree}").trimmingCharacters(in: .newlines)
        let blob = try await fixture.git("rev-parse", "HEAD:guild.yaml").trimmingCharacters(in: .newlines)
        let signed = "author a <a@b> 1700000000 +0000\ncommitter a <a@b> 1700000000 +0000\n"
        let whole = text.replacing("TREE", with: tree).replacing("BLOB", with: blob).replacing("SIGNED", with: signed)
        try fixture.write(["raw": whole])
        let made = try await fixture.git("hash-object", "-t", "commit", "--literally", "-w", "raw")
            .trimmingCharacters(in: .newlines)
        try fixture.write([".git/refs/heads/main": made + "\n"])
        let repository = try CodexRepository(at: fixture.location)
        let commit = try repository.resolve("HEAD")
        #expect(commit.hex == made)
        let problem = #expect(throws: CodexRepositoryError.self) { try repository.files.tree(at: commit) }
        #expect(problem?.kind == .invalidCodex)
        let culprit = text.hasPrefix("tree BLOB") ? "folder \(blob)" : "commit \(made)"
        #expect(problem?.message.contains("\(culprit) is malformed") == true, "\(problem?.message ?? "")")
    }

    @Test(arguments: ["worktreeConfig", "partialClone"])
    func `extensions that libgit2 does not know are named`(name: String) async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        try await fixture.git("config", "extensions.noop", "true")
        try await fixture.git("config", "extensions.\(name)", "true")
        // Where the format has no extensions nobody heeds them.
        #expect(throws: Never.self) { try CodexRepository(at: fixture.location) }
        try await fixture.git("config", "core.repositoryformatversion", "1")
        let found = error(opening: fixture.path)
        #expect(found == .unsupportedExtension(place: fixture.path, name: name.lowercased()))
        #expect(found?.hint?.contains("neither partial nor sparse") == true)
    }

    @Test func `a ref that another process changes is waited for, and is no damage`() async throws {
        let fixture = try await GitFixture()
        let commit = try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        let folder = fixture.path + "/.git/refs/guild/commits"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let lock = "\(folder)/\(commit.hex).lock"
        try Data().write(to: URL(fileURLWithPath: lock))
        let failure = #expect(throws: CodexRepositoryError.self) { try repository.pins.add(commit) }
        #expect(failure?.message.contains("another process is changing the repository") == true)
        let waiting = Task { try repository.pins.add(commit) }
        try FileManager.default.removeItem(atPath: lock)
        try await waiting.value
        #expect(try repository.pins.all() == [commit])
    }

    @Test func `a damaged object is found, and the message says how to go on`() async throws {
        let fixture = try await GitFixture()
        let commit = try await fixture.commitCodex()
        let blob = try await fixture.git("rev-parse", "HEAD:guild.yaml").trimmingCharacters(in: .newlines)
        let object = fixture.path + "/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: object)
        try Data("not zlib".utf8).write(to: URL(fileURLWithPath: object))
        let repository = try CodexRepository(at: fixture.location)
        let error = try #require(throws: CodexRepositoryError.self) { try repository.files.tree(at: commit) }
        #expect(error.kind == .unavailable)
        #expect(error.message.hasPrefix("\(fixture.path): the repository is damaged: "))
        #expect(error.hint?.contains("git fsck") == true)
    }

    @Test func `a missing object is found`() async throws {
        let fixture = try await GitFixture()
        let commit = try await fixture.commitCodex()
        let tree = try await fixture.git("rev-parse", "HEAD:agents").trimmingCharacters(in: .newlines)
        try FileManager.default.removeItem(
            atPath: fixture.path + "/.git/objects/\(tree.prefix(2))/\(tree.dropFirst(2))")
        let repository = try CodexRepository(at: fixture.location)
        #expect(throws: CodexRepositoryError.self) { try repository.files.tree(at: commit) }
    }

    @Test func `a head that is no reference makes an unreadable repository, not a crash`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        try Data([0xFF, 0x00, 0x0A]).write(to: URL(fileURLWithPath: fixture.path + "/.git/HEAD"))
        let outcome = Result { try CodexRepository(at: fixture.location).resolve("HEAD") }
        #expect(throws: CodexRepositoryError.self) { try outcome.get() }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a folder away"))
    func `a repository of another user is not trusted`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let nobody: uid_t = 65534
        #expect(chown(fixture.path, nobody, nobody) == 0)
        #expect(chown(fixture.path + "/.git", nobody, nobody) == 0)
        let found = error(opening: fixture.path)
        #expect(found == .foreignOwner(place: fixture.path))
        #expect(found?.hint?.contains("safe.directory") == true)
    }

    @Test func `each error names the place and a next step`() {
        let place = "/srv/codex"
        let errors: [CodexRepositoryError] = [
            .missing(place: place), .notFoundUpwards(from: place), .unreadable(place: place, detail: "x"),
            .corrupt(place: place, detail: "x"), .unsupportedFormat(place: place, format: "x"),
            .unsupportedExtension(place: place, name: "x"), .locked(place: place, detail: "x"),
            .notABranch("a\u{1B}b", place: place, reference: "refs/tags/a"),
            .foreignOwner(place: place), .empty(place: place), .withoutWorkTree(place: place),
            .unknownRevision("a\u{1B}b", place: place, nearest: "ab"), .ambiguousRevision("a", place: place),
            .notACodex(place: place, revision: "HEAD", folder: ""),
        ]
        for error in errors {
            #expect(error.message.hasPrefix(place + ": "))
            #expect(error.hint != nil)
            #expect(!error.message.contains("\u{1B}"))
        }
    }
}
