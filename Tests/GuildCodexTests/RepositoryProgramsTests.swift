import Foundation
import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildCodex

/// A repository that somebody hands over, whose configuration and hooks name programs.
@Suite(.timeLimit(.minutes(2))) struct RepositoryProgramsTests {
    private static let environment = [
        "PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost", "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@localhost",
    ]

    /// Each program leaves a file of its name beside the repository.
    private static let setUp = """
        git init -q repository && cd repository
        leave() { printf '#!/bin/sh\\ntouch %s/%s.ran\\nexit 1\\n' "$(dirname "$PWD")" "$1" > ../$1; chmod 755 ../$1; }
        for name in clean smudge process fsmonitor ssh upload helper gpg hook ext; do leave $name; done
        echo '*.txt filter=x' > .gitattributes
        echo one > a.txt && git add . && git commit -q -m one
        echo two > a.txt && git commit -q -a -m two
        git config filter.x.clean ../clean && git config filter.x.smudge ../smudge
        git config filter.x.required true && git config core.fsmonitor "$PWD/../fsmonitor"
        git config core.sshCommand "$PWD/../ssh" && git config gpg.program "$PWD/../gpg"
        git config credential.helper "!$PWD/../helper" && git config protocol.allow always
        git config remote.far.url ssh://localhost/x && git config remote.odd.url "ext::$PWD/../ext"
        for hook in post-index-change reference-transaction; do cp ../hook .git/hooks/$hook; done
        """

    /// What rollback, signing and fetching call git with.
    private static let calls = [
        ["status", "--porcelain", "--untracked-files=no"], ["read-tree", "-m", "-u", "HEAD", "HEAD~1"],
        ["update-ref", "refs/heads/other", "HEAD"], ["commit-tree", "HEAD^{tree}", "-m", "x", "-S"],
        ["fetch", "far"], ["fetch", "odd"],
    ]

    private func ran(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".ran") }.sorted()
    }

    private func withRepository(_ body: (String) async throws -> Void) async throws {
        let folder = GitFixture.temporaryPath()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Litter at worst.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try await ChildProcess.run(
            "/bin/sh", ["-ec", Self.setUp], environment: Self.environment, directory: folder)
        #expect(made.status == 0, "\(made.errors)")
        for file in try ran(folder) { try FileManager.default.removeItem(atPath: "\(folder)/\(file)") }
        try await body(folder)
    }

    @Test func `no program runs that the repository names`() async throws {
        try await withRepository { folder async throws in
            let git = GitProgram(environment: Self.environment)
            for call in Self.calls {
                // The same size and another time: git has to look into the file.
                try Data("TWO\n".utf8).write(to: URL(fileURLWithPath: folder + "/repository/a.txt"))
                _ = try git.run(call, in: folder + "/repository")
                #expect(try ran(folder) == [], "git \(call.joined(separator: " "))")
            }
            // They would have run.
            for call in Self.calls {
                _ = try await ChildProcess.run(
                    "/usr/bin/git", call, environment: Self.environment, directory: folder + "/repository")
            }
            #expect(try ran(folder).count > 5)
        }
    }

    @Test func `a repository that names the program behind a remote is refused`() async throws {
        try await withRepository { folder async throws in
            let repository = folder + "/repository"
            let git = GitProgram(environment: Self.environment)
            for (key, value) in [("remote.near.url", repository), ("remote.near.uploadpack", folder + "/upload")] {
                #expect(try git.run(["config", key, value], in: repository).status == 0)
            }
            let failure = #expect(throws: Failure.self) { try git.run(["fetch", "near"], in: repository) }
            #expect(failure?.kind == .refused)
            #expect(failure?.message.contains("'remote.near.uploadpack'") == true)
            #expect(try ran(folder) == [])
        }
    }

    @Test func `what the user's configuration names is run`() throws {
        let listing =
            [
                "global", "filter.lfs.clean\ngit-lfs clean", "global", "credential.helper\nstore",
                "local", "filter.lfs.clean\n/evil", "local", "credential.helper\n/evil", "local", "remote.o.url\nx",
                "worktree", "core.fsmonitor", "system", "user.name\nAda",
            ].joined(separator: "\0") + "\0"
        let variables = try RepositoryPrograms(listing: listing, of: "here").variables
        let count = try #require(variables["GIT_CONFIG_COUNT"].flatMap { Int($0) })
        let settings = (0..<count).map {
            "\(variables["GIT_CONFIG_KEY_\($0)"] ?? "?")=\(variables["GIT_CONFIG_VALUE_\($0)"] ?? "?")"
        }
        #expect(
            settings.dropFirst(4) == [
                "filter.lfs.clean=git-lfs clean", "credential.helper=", "credential.helper=store",
                "core.fsmonitor=false",
            ])
        #expect(throws: Failure.self) {
            try RepositoryPrograms(listing: "local\0filter.\u{FFFD}.clean\nx\0", of: "here")
        }
    }
}
