import Foundation
import GuildCodex
import GuildDomain
import Testing

struct CodexLocationTests {
    private func locate(
        _ fixture: GitFixture, from folder: String = "", _ explicit: String? = nil, _ variable: String? = nil
    )
        throws -> String
    {
        try CodexLocation.find(
            explicit: explicit, environment: variable.map { ["GUILD_CODEX": $0] } ?? [:],
            workingDirectory: fixture.path + "/" + folder
        ).path
    }

    @Test func `what is said counts before the variable, and that before the search`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex(in: "codex")
        #expect(try locate(fixture, from: "codex", "../other", "/else") == fixture.path + "/other")
        #expect(try locate(fixture, from: "codex", nil, "/else") == "/else")
        #expect(try locate(fixture, from: "codex", nil, "") == fixture.path + "/codex")
    }

    @Test func `the search goes upwards from here`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex(in: "codex")
        try fixture.write(["src/deep/file.txt": ""])
        for folder in ["", "src", "src/deep", "codex", "codex/agents"] {
            #expect(try locate(fixture, from: folder) == fixture.path + "/codex")
        }
    }

    @Test func `a guild.yaml beside is nearer than a codex above`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex(in: "codex")
        try fixture.write(["teams/west/guild.yaml": "", "teams/west/agents/a.yaml": ""])
        #expect(try locate(fixture, from: "teams/west/agents") == fixture.path + "/teams/west")
    }

    @Test func `inside a bare repository it is the repository`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let bare = try await GitFixture(bareCloneOf: fixture)
        #expect(try locate(bare) == bare.path)
        #expect(try locate(bare, from: "refs") == bare.path + "/refs")
        let repository = try CodexRepository(at: CodexLocation("refs", workingDirectory: bare.path))
        #expect(repository.gitDirectory == bare.path)
    }

    @Test func `nothing anywhere is an error`() throws {
        let folder = GitFixture.temporaryPath()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // litter at worst
        #expect(throws: CodexRepositoryError.notFoundUpwards(from: folder)) {
            try CodexLocation.find(explicit: nil, environment: [:], workingDirectory: folder)
        }
    }
}
