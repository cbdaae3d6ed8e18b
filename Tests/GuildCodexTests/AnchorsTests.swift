import Foundation
import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildCodex

@Suite struct AnchorsTests {
    private func commit(
        _ repository: CodexRepository, _ text: String, file: String = "one.json", onto parent: CommitID?
    ) throws -> CommitID? {
        let outcome = try repository.anchors.commit(
            file: file, bytes: Array(text.utf8), message: "Audit anchor\n", onto: parent)
        if case .committed(let commit, _) = outcome { return commit }
        return nil
    }

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `anchors are a line of commits that git can read and fsck, in a bare repository too`() async throws {
        let origin = try await GitFixture()
        try await origin.commitCodex()
        let bare = try await GitFixture(bareCloneOf: origin)
        for fixture in [origin, bare] {
            let repository = try CodexRepository(at: fixture.location)
            let head = try repository.resolve("HEAD")
            #expect(try repository.anchors.newest() == nil)
            let first = try #require(try commit(repository, "1", onto: nil))
            let second = try #require(try commit(repository, "2", onto: first))
            let other = try #require(try commit(repository, "x", file: "two.json", onto: second))
            let tree = try #require(try repository.anchors.newest())
            #expect(tree.commit == other)
            #expect(tree.files.mapValues { text($0) } == ["one.json": "2", "two.json": "x"])
            let history = try repository.anchors.history(of: "one.json", from: other, limit: 100)
            #expect(history.map(\.commit) == [second, first])
            #expect(history.map { text($0.bytes) } == ["2", "1"])
            #expect(try repository.anchors.history(of: "one.json", from: other, limit: 1).map(\.commit) == [other])
            #expect(
                try await fixture.git("log", "--format=%H %P", "refs/guild/audit")
                    == "\(other) \(second)\n\(second) \(first)\n\(first) \n")
            try await fixture.git("fsck", "--strict")
            // The codex is what it was.
            #expect(try repository.resolve("HEAD") == head)
            #expect(
                try await fixture.git("for-each-ref", "--format=%(refname)") == "refs/guild/audit\nrefs/heads/main\n")
        }
    }

    @Test func `the ref moves only from what was looked at`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        let first = try #require(try commit(repository, "1", onto: nil))
        #expect(try commit(repository, "again", onto: nil) == nil)
        let second = try #require(try commit(repository, "2", onto: first))
        #expect(try commit(repository, "late", onto: first) == nil)
        #expect(try repository.anchors.newest()?.commit == second)
        // Packed refs are the same refs.
        try await fixture.git("pack-refs", "--all")
        #expect(try commit(repository, "late", onto: first) == nil)
        let third = try #require(try commit(repository, "3", onto: second))
        #expect(try await fixture.git("rev-parse", "refs/guild/audit") == "\(third)\n")
    }

    @Test func `a lock that a killed anchoring left goes away, another program's stays`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        let first = try #require(try commit(repository, "1", onto: nil))
        let lock = fixture.path + "/.git/refs/guild/audit.lock"
        try Data().write(to: URL(fileURLWithPath: lock))
        #expect(throws: AnchorFailure.locked(place: fixture.path, file: lock)) {
            try commit(repository, "2", onto: first)
        }
        // The mark of an anchoring that was under way.
        try Data("1".utf8).write(to: URL(fileURLWithPath: fixture.path + "/.git/guild-audit.lock"))
        #expect(try commit(repository, "2", onto: first) != nil)
        #expect(FileManager.default.fileExists(atPath: lock) == false)
    }

    @Test func `a commit is signed where git is set up to sign`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let key = fixture.path + "/.git/key"
        let made = try await ChildProcess.run(
            "/usr/bin/env", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "guild", "-f", key])
        #expect(made.status == 0, "\(made.errors)")
        let publicKey = try String(contentsOfFile: key + ".pub", encoding: .utf8)
        try Data("* \(publicKey)".utf8).write(to: URL(fileURLWithPath: key + ".allowed"))
        for (name, value) in [
            ("commit.gpgsign", "true"), ("gpg.format", "ssh"), ("user.signingkey", key),
            ("gpg.ssh.allowedSignersFile", key + ".allowed"),
        ] {
            try await fixture.git("config", name, value)
        }
        let repository = try CodexRepository(at: fixture.location)
        let first = try repository.anchors.commit(file: "a.json", bytes: [1], message: "Anchor\n", onto: nil)
        guard case .committed(let commit, isSigned: true) = first else {
            Issue.record("not signed: \(first)")
            return
        }
        try await fixture.git("verify-commit", commit.hex)
        #expect(try repository.anchors.newest()?.commit == commit)

        try await fixture.git("config", "user.signingkey", "/nonexistent/key")
        let failure = #expect(throws: AnchorFailure.self) {
            try repository.anchors.commit(file: "a.json", bytes: [2], message: "Anchor\n", onto: commit)
        }
        #expect(failure?.kind == .unavailable)
        #expect(failure?.message.contains("could not sign") == true)
        #expect(try repository.anchors.newest()?.commit == commit)
    }

    @Test func `anchors are pushed, and what the other side refuses is told without a password`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let remote = try await GitFixture(bareCloneOf: fixture)
        let repository = try CodexRepository(at: fixture.location)
        let first = try #require(try commit(repository, "1", onto: nil))
        try repository.anchors.push(to: remote.path)
        #expect(try await remote.git("rev-parse", "refs/guild/audit") == "\(first)\n")
        // Whoever put something else there is not overwritten.
        let theirs = try CodexRepository(at: remote.location)
        _ = try commit(theirs, "theirs", onto: first)
        _ = try commit(repository, "ours", onto: first)
        let refusal = #expect(throws: AnchorFailure.self) { try repository.anchors.push(to: remote.path) }
        #expect(refusal?.kind == .unavailable)
        for place in ["/nonexistent/remote", "--upload-pack=x", "https://ada:secret@127.0.0.1:9/x"] {
            let failure = #expect(throws: AnchorFailure.self) { try repository.anchors.push(to: place) }
            #expect(failure?.message.contains("secret") == false)
        }
    }

    @Test func `what is fetched by name is found by FETCH_HEAD`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        let anchor = try #require(try commit(repository, "1", onto: nil))
        let clone = try await GitFixture()
        try await clone.git("fetch", "--quiet", fixture.path, "refs/guild/audit")
        let fetched = try CodexRepository(at: clone.location)
        #expect(try fetched.anchors.newest() == nil)
        #expect(try fetched.anchors.newest(at: "FETCH_HEAD")?.commit == anchor)
        #expect(throws: CodexRepositoryError.self) { try fetched.anchors.newest(at: "nothing") }
    }

    @Test func `a repository that may not be written says so`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        // A folder where the lock would be: it cannot be opened by anybody, root among them.
        try FileManager.default.createDirectory(
            atPath: fixture.path + "/.git/guild-audit.lock", withIntermediateDirectories: false)
        let failure = #expect(throws: AnchorFailure.self) { try commit(repository, "1", onto: nil) }
        #expect(failure?.message.contains("cannot write the anchor") == true)
    }
}
