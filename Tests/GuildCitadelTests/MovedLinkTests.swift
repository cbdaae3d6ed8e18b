import Foundation
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import Testing

@testable import GuildCitadel

/// `serve --codex LINK`, and the link is switched.
@Suite(.timeLimit(.minutes(5))) struct MovedLinkTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func shell(_ command: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = [
            "PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost", "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@localhost",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(.failed, "\(command) failed") }
    }

    private func repository(_ name: String, organisation: String = "acme") throws {
        var files = OfficeCodex.files()
        files["guild.yaml"] = OfficeCodex.manifest("Guild", organisation, "{}")
        _ = try NewRepository.make(
            at: "\(folder.path)/\(name)", files: files.map { ($0.key, Array($0.value.utf8)) }, message: name)
    }

    private var settings: Settings {
        Settings(
            codex: folder.path + "/current", environment: ["XDG_STATE_HOME": folder.path + "/state"],
            workingDirectory: folder.path, logger: silent)
    }

    private func serving() async throws -> Deployment {
        let deployment = try await Deployment(settings, redactor: Redactor(), role: .serving)
        try await deployment.acceptHead(actor: "serve")
        return deployment
    }

    @Test func `another clone of the codex is served, with the same ledger, after a restart too`() async throws {
        try repository("one")
        try shell("ln -s one current")
        let deployment = try await serving()
        try shell(
            """
            git clone -q one two && cd two && echo 'You are new.' > prompts/clerk.md && git commit -q -a -m new && cd .. \
            && ln -sfn two current
            """)
        #expect(deployment.access.repository.hasMoved)
        try await CodexReload(deployment: deployment).look()
        let head = deployment.codex.head
        #expect(head.prompt(of: try #require(head.agent("clerk"))) == "You are new.\n")
        #expect(deployment.access.repository.workTree == folder.path + "/two")
        let ledger = deployment.ledger.location
        deployment.close()
        let again = try await serving()
        defer { again.close() }
        #expect(again.ledger.location == ledger)
        #expect(try await again.ledger.codex.acceptedHead() == head.commit)
    }

    @Test func `another codex behind the link is not served, and the reason is said`() async throws {
        try repository("one")
        try shell("ln -s one current")
        let deployment = try await serving()
        defer { deployment.close() }
        let head = deployment.codex.head.commit
        try repository("other", organisation: "globex")
        try shell("ln -sfn other current")
        let refusal = await #expect(throws: Failure.self) { try await deployment.followMove() }
        #expect(refusal?.kind == .refused)
        #expect(deployment.codex.head.commit == head)
        #expect(deployment.access.repository.workTree == folder.path + "/one")
    }

    @Test func `the switch wakes whoever watches the ref`() async throws {
        try repository("one")
        try shell("ln -s one current")
        let deployment = try await serving()
        defer { deployment.close() }
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self)
        let watcher = try #require(
            ReferenceWatcher(deployment.access.repository, revision: "HEAD") { continuation.yield() })
        defer { watcher.stop() }
        var iterator = changes.makeAsyncIterator()
        _ = await iterator.next()
        try shell("git clone -q one two && ln -sfn two current")
        while !deployment.access.repository.hasMoved { _ = await iterator.next() }
        try await deployment.followMove()
        _ = await iterator.next()
        // The folders of the new repository are watched from now on.
        try shell("cd two && git commit -q --allow-empty -m new")
        _ = await iterator.next()
    }
}
