import Foundation
import GuildDomain
import Testing

@testable import GuildCodex

/// An incremental load must say exactly what a first load says: each step is compared with one that knows nothing.
@Suite struct CodexMemoryTests {
    private static func agent(_ name: String, _ spec: String = "version: \"1.0.0\"") -> String {
        """
        apiVersion: guild/v1
        kind: Agent
        metadata: { name: \(name) }
        spec:
          prompt: prompts/ranger.md
          model: replayed
          \(spec)
        """
    }

    private static let steps: [(String, [String: String?])] = [
        ("a new agent", ["agents/scout.yaml": agent("scout")]),
        ("one file changed", ["agents/scout.yaml": agent("scout", "version: \"2.0.0\"")]),
        ("a prompt changed", ["prompts/ranger.md": "You watch.\n"]),
        ("an error", ["agents/scout.yaml": agent("scout", "vresion: \"2.0.0\"")]),
        ("the error again, elsewhere a change", ["prompts/ranger.md": "You watch on.\n"]),
        ("no error any more", ["agents/scout.yaml": agent("scout")]),
        ("a requirement", ["agents/scout.yaml": agent("scout", "dependencies: { requires: [\"ranger >= 1.0\"] }")]),
        ("a requirement that fails", ["agents/ranger.yaml": agent("ranger", "version: \"0.9.0\"")]),
        ("an agent that others name is gone", ["agents/ranger.yaml": nil]),
        ("and is back", ["agents/ranger.yaml": agent("ranger", "version: \"1.9.0\"")]),
        (
            "another time zone",
            [
                "guild.yaml":
                    "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: acme }\nspec: { timezone: Europe/Paris }\n"
            ]
        ),
        ("a schedule", ["agents/scout.yaml": agent("scout", "triggers: [{ type: cron, schedule: \"0 9 * * *\" }]")]),
        ("the time zone back", ["guild.yaml": "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: acme }\n"]),
        (
            "a schema",
            [
                "schemas/answer.json": "{ \"type\": \"object\" }",
                "agents/scout.yaml": agent("scout", "output: { schema: schemas/answer.json }"),
            ]
        ),
        ("a schema that is none", ["schemas/answer.json": "{ \"type\": 7 }"]),
        ("a schema again", ["schemas/answer.json": "{ \"type\": \"string\" }"]),
        ("a context that nothing matches", ["agents/scout.yaml": agent("scout", "context: [{ codex: adr/*.md }]")]),
        ("and then something does", ["adr/0001.md": "We use git.\n"]),
        ("a folder moved", ["adr/0001.md": nil, "adr/old/0001.md": "We use git.\n"]),
        (
            "a source that nobody declares",
            ["agents/scout.yaml": agent("scout", "triggers: [{ type: webhook, source: crm }]")]
        ),
        (
            "and then somebody does",
            [
                "ingress/crm.yaml":
                    "apiVersion: guild/v1\nkind: WebhookEndpoint\nmetadata: { name: crm }\nspec: { system: crm, "
                    + "authentication: { type: token, header: X-Token, secret_refs: [\"env://A\"] } }\n"
            ]
        ),
        (
            "a model gone",
            [
                "providers/models.yaml":
                    "apiVersion: guild/v1\nkind: LLMRegistry\nmetadata: { name: models }\nspec: { providers: [] }\n"
            ]
        ),
        (
            "the Guild in another file",
            [
                "guild.yaml": "# empty\n",
                "chapters/guild.yaml":
                    "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: acme }\nspec: { timezone: Asia/Tokyo }\n",
            ]
        ),
    ]

    @Test func `each of many changes loads as if it were the first`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let warm = CodexLoader(
            repository: try CodexRepository(at: fixture.location), systems: SmallCodex.systems)
        try compare(warm, fixture, "the beginning")
        for (what, files) in Self.steps {
            for (name, text) in files where text == nil {
                try FileManager.default.removeItem(atPath: fixture.path + "/" + name)
            }
            try fixture.write(files.compactMapValues(\.self))
            try await fixture.commit(what)
            try compare(warm, fixture, what)
            // Once more with everything known.
            try compare(warm, fixture, what)
        }
    }

    private func compare(_ warm: CodexLoader, _ fixture: GitFixture, _ what: String) throws {
        let cold = CodexLoader(
            repository: try CodexRepository(at: fixture.location), systems: SmallCodex.systems)
        let (known, fresh) = (try warm.load(), try cold.load())
        #expect(known.problems == fresh.problems, "\(what)")
        #expect((known.snapshot == nil) == (fresh.snapshot == nil), "\(what)")
        guard let first = known.snapshot, let second = fresh.snapshot else { return }
        #expect(first.commit == second.commit, "\(what)")
        #expect(first.guild == second.guild, "\(what)")
        #expect(first.agents == second.agents, "\(what)")
        #expect(first.chapters == second.chapters, "\(what)")
        #expect(first.providers == second.providers, "\(what)")
        #expect(first.endpoints == second.endpoints, "\(what)")
        for agent in first.agentsByName { #expect(first.prompt(of: agent) == second.prompt(of: agent), "\(what)") }
        #expect(first.files(matching: Glob("*")) == second.files(matching: Glob("*")), "\(what)")
    }

    @Test func `a file that stays the same is not decoded again`() async throws {
        let fixture = try await GitFixture()
        try await fixture.commitCodex()
        let repository = try CodexRepository(at: fixture.location)
        let memory = CodexMemory()
        func decode() async throws -> [Bool] {
            let tree = try repository.files.tree(at: try await fixture.head(), memory: memory)
            memory.remember(tree)
            let manifests = tree.files.filter(ManifestFiles.isManifest)
            let known = memory.decoded(manifests, timezone: "UTC").map { $0 != nil }
            let decoded = DecodedFiles(
                tree.files, systems: SmallCodex.systems, memory: memory, budget: ComparisonBudget())
            memory.remember(decoded, CodexWorld(decoded.codex, paths: tree.files.map(\.path)))
            return known
        }
        #expect(try await decode().allSatisfy { !$0 })
        try fixture.write(["chapters/payments.yaml": "# noted\n" + (SmallCodex.files["chapters/payments.yaml"] ?? "")])
        try await fixture.commit("one file")
        #expect(try await decode().count { !$0 } == 1)
    }
}
