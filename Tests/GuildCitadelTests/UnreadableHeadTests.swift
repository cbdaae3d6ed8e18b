import Foundation
import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import Testing

@testable import GuildCitadel

/// A push of what git can name and guild cannot read.
@Suite(.timeLimit(.minutes(5))) struct UnreadableHeadTests {
    /// Shell commands in the repository that move its branch.
    enum Push: String, CaseIterable, Sendable {
        case missingFile = """
            echo 'You are new.' > prompts/clerk.md && git commit -q -a -m new && blob=$(git rev-parse HEAD:prompts/clerk.md)
            rm -f ".git/objects/$(echo $blob | cut -c1-2)/$(echo $blob | cut -c3-)"
            """
        case longMessage = """
            head -c 2000000 /dev/zero | tr '\\0' x | git commit -q --allow-empty -F -
            """
        case oddFolder = """
            tree=$(printf '100644 guild.yaml' | git hash-object -t tree -w --stdin --literally)
            commit=$(printf "tree $tree\\nauthor t <t@localhost> 1 +0000\\ncommitter t <t@localhost> 1 +0000\\n\\nodd\\n" |
                git hash-object -t commit -w --stdin --literally)
            git update-ref HEAD $commit
            """
    }

    private func run(_ command: String, in house: House) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-ec", command]
        process.currentDirectoryURL = URL(fileURLWithPath: house.folder.path + "/repository")
        process.environment = [
            "PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost", "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@localhost",
        ]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(.failed, "\(command) failed") }
    }

    @Test(arguments: Push.allCases)
    func `a commit that cannot be read is refused once, and a good one after it is accepted`(push: Push) async throws {
        let house = try House()
        let deployment = try await house.deployment()
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "serve")
        try run(push.rawValue, in: house)
        let pushed = try target(house)
        let reload = CodexReload(deployment: deployment)
        for _ in 0..<3 { try await reload.look() }
        #expect(deployment.codex.head.commit == house.commit)
        let refused = try await deployment.ledger.codex.lastHeads()
        #expect(refused.map(\.isAccepted) == [false, true])
        #expect(refused.first?.problems.count == 1)
        let audit = try await deployment.ledger.audit.log(AuditFilter())
        #expect(audit.filter { $0.kind == "codex.refused" }.map(\.commit) == [refused.first?.commit])
        #expect(refused.first?.commit == pushed)

        try run("git update-ref HEAD \(house.commit) && git reset -q --hard", in: house)
        try run("echo 'You are newer.' > prompts/clerk.md && git commit -q -a -m newer", in: house)
        try await reload.look()
        #expect(try await deployment.ledger.codex.lastHeads(limit: 1).first?.isAccepted == true)
        let newest = try target(house)
        #expect(deployment.codex.head.commit == newest)
    }

    private func target(_ house: House) throws -> String? {
        try CodexAccess(house.settings).repository.references.target(of: "HEAD")?.hex
    }
}
