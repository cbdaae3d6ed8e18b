import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildCodex

/// What whoever may push can make grow, and what stops it.
@Suite(.timeLimit(.minutes(2))) struct LoadLimitsTests {
    private func loaded(
        _ script: String, _ numbers: [Int], _ revision: String = "bomb", limits: CodexLimits = CodexLimits()
    ) async throws -> Result<LoadResult, any Error> {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        try await TreeBomb.make(script, numbers, in: fixture.path)
        return Result {
            try CodexLoader(
                repository: try CodexRepository(at: fixture.location, limits: limits),
                systems: SmallCodex.systems
            ).load(rev: revision)
        }
    }

    @Test(arguments: [[10, 14], [2, 40], [3, 15]]) func `trees that nest without end are refused within the limit`(
        shape: [Int]
    ) async throws {
        let result = try await loaded(TreeBomb.nested, shape).get()
        #expect(result.snapshot == nil)
        let error = try #require(result.problems.first { $0.severity == .error })
        #expect(error.found.contains("too many files and folders") || error.found.contains("levels deep"))
        #expect(result.problems.count <= Findings.maximumProblems + 1)
    }

    @Test func `files that are not read count too`() async throws {
        let fixture = try await GitFixture()
        var files: [String: String] = [:]
        for number in 0..<40 { files[".hidden\(number)"] = "" }
        try fixture.write(files)
        let commit = try await fixture.commitCodex()
        for (entries, isGood) in [(200, true), (40, false)] {
            let repository = try CodexRepository(at: fixture.location, limits: CodexLimits(entries: entries))
            let result = try CodexLoader(repository: repository, systems: SmallCodex.systems).load(commit)
            #expect((result.snapshot != nil) == isGood, "\(entries): \(result.problems.map(\.text))")
            let isWhole = try repository.files.workTree().problems.isEmpty
            #expect(isWhole == isGood)
        }
    }

    @Test func `a path longer than any is refused before it is made`() async throws {
        let result = try await loaded(TreeBomb.longPaths, [30], limits: CodexLimits(depth: 100)).get()
        #expect(result.problems.contains { $0.found.contains("a path of 4") }, "\(result.problems.map(\.text))")
    }

    @Test func `a chain of tags is followed so far and no further`() async throws {
        #expect(try await loaded(TreeBomb.tags, [20], "chain").get().snapshot != nil)
        let error = try await #require(throws: CodexRepositoryError.self) {
            try await loaded(TreeBomb.tags, [40], "chain").get()
        }
        #expect(error.kind == .invalidCodex)
        #expect(error.message.contains("tags of tags"))
    }

    @Test func `a commit of thirty thousand parents is refused by its size`() async throws {
        #expect(try await loaded(TreeBomb.parents, [1000]).get().snapshot != nil)
        let error = try await #require(throws: CodexRepositoryError.self) {
            try await loaded(TreeBomb.parents, [30_000]).get()
        }
        #expect(error.kind == .invalidCodex)
        #expect(error.message.contains("expected at most \(ObjectLimit.commitBytes)"))
    }

    @Test func `a reading past its time ends, and is no damage`() async throws {
        let error = try await #require(throws: CodexRepositoryError.self) {
            try await loaded(TreeBomb.nested, [3, 3], limits: CodexLimits(duration: .zero)).get()
        }
        #expect(error.kind == .invalidCodex)
        #expect(error.message.contains("took longer than"))
        #expect(!error.mayPass)
    }

    @Test func `a reading that is cancelled ends, and leaves nothing half read behind`() async throws {
        let fixture = try await GitFixture()
        let commit = try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        try repository.separateReading()
        let loader = CodexLoader(repository: repository, systems: SmallCodex.systems)
        let deadline = LoadDeadline(.seconds(60))
        deadline.cancel()
        let error = try #require(throws: CodexRepositoryError.self) { try loader.load(commit, deadline: deadline) }
        #expect(error == .cancelled(place: fixture.path))
        #expect(error.kind == .interrupted)
        #expect(try loader.load(commit).snapshot != nil)
        try repository.reopen()
        #expect(try loader.load(commit).snapshot != nil)
    }

    @Test func `a missing prompt among twenty thousand files is told, with the nearest`() {
        var files: [String: String?] = [:]
        for number in 0..<19_000 { files["prompts/prompt-of-the-agent-number-\(number).md"] = "You are one.\n" }
        files["agents/ranger.yaml"] = """
            apiVersion: guild/v1
            kind: Agent
            metadata: { name: ranger }
            spec: { model: replayed, prompt: prompts/prompt-of-the-agent-numbre-123.md }
            """
        files["chapters/payments.yaml"] = .some(nil)
        let problem = SmallCodex.validate(files).problems.first { $0.found.contains("no prompt file") }
        #expect(problem?.suggestion == "prompts/prompt-of-the-agent-number-123.md")
    }

    @Test func `a byte order mark before a manifest or a prompt says nothing`() throws {
        let result = SmallCodex.validate([
            "agents/ranger.yaml": "\u{FEFF}" + (SmallCodex.files["agents/ranger.yaml"] ?? ""),
            "prompts/ranger.md": "\u{FEFF}---\ntitle: The ranger\n---\nYou watch {{subject}}.\n",
        ])
        let snapshot = try result.get()
        let agent = try #require(snapshot.agent("ranger"))
        #expect(snapshot.prompt(of: agent) == "You watch {{subject}}.\n")
        let broken = SmallCodex.validate(["guild.yaml": "\u{FEFF}apiVersion: guild/v2\n"])
        let places = broken.problems.map(\.text)
        #expect(places.contains { $0.hasPrefix("guild.yaml:1:13: error: apiVersion") }, "\(places)")
    }
}
