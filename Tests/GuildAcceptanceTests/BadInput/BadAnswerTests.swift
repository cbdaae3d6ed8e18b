import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// Limits and shapes that an answer must keep: budgets, output schemas, recordings.
    struct BadAnswerTests {
        struct Limit: Sendable, CustomTestStringConvertible {
            let testDescription: String
            var files: [String: String?] = [:]
            var arguments: [String] = []
            let words: [String]
        }

        private static let limits = [
            Limit(
                testDescription: "tokens of one invocation",
                files: [
                    "agents/clerk.yaml": ClerkCodex.agent(more: "  resources: { tokenBudget: { perInvocation: 100 } }")
                ],
                words: [
                    "resources.tokenBudget.perInvocation is 100 tokens", "raise resources.tokenBudget.perInvocation",
                    "run with --budget",
                ]),
            Limit(
                testDescription: "--budget", arguments: ["--budget", "50"],
                words: ["--budget is 50 tokens", "hint: `guild budget grant invocation/", "or run with --budget"]),
            Limit(
                testDescription: "money of one invocation",
                files: [
                    "agents/clerk.yaml": ClerkCodex.agent(
                        more: #"  resources: { costBudget: { perInvocation: "0.000001" } }"#)
                ], words: ["1 micro-dollars", "hint: `guild budget grant invocation/", "or raise resources."]),
            Limit(
                testDescription: "money, and no price",
                files: [
                    "agents/clerk.yaml": ClerkCodex.agent(
                        more: #"  resources: { costBudget: { perInvocation: "1" } }"#),
                    "providers/models.yaml": ClerkCodex.models(at: TemporaryCodex.nowhere, prices: "priority: 1"),
                ],
                words: [
                    "resources.costBudget.perInvocation limits its cost, but the model's price is unknown",
                    "LLMRegistry",
                    "or remove resources.costBudget.perInvocation",
                ]),
        ]

        @Test(arguments: limits)
        func `a limit that is too low is named with what to raise, and nothing is called`(limit: Limit) async throws {
            let codex = try await TemporaryCodex.clerk(changing: limit.files)
            let run = try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), ["run", "clerk", "hello"] + limit.arguments,
                environment: codex.environment, directory: codex.repository)
            #expect(run.status == 4, "\(run.errors)")
            for word in limit.words { #expect(run.errors.contains(word), "no '\(word)' in: \(run.errors)") }
            #expect(try await codex.audit("budget.refused").count == 1)
            #expect(try await codex.audit("model.failed") == [])
        }

        private static let schema = """
            {"type": "object", "required": ["severity"], "properties": {"severity": {"enum": ["low", "high"]}}}
            """

        private func codex(with schema: String, model: String) async throws -> TemporaryCodex {
            try await TemporaryCodex.clerk(
                model: model,
                changing: [
                    "agents/clerk.yaml": ClerkCodex.agent(more: "  output: { schema: schemas/triage.json }"),
                    "schemas/triage.json": schema,
                ])
        }

        @Test(arguments: [
            ("All fine, I think.", "one JSON document"), (#"{"severity": "medium"}"#, "/severity"), ("{}", "severity"),
        ])
        func `an answer that breaks its schema twice fails the run`(answer: String, word: String) async throws {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript([["text": .string(answer), "times": 0]])
            let codex = try await codex(with: Self.schema, model: standIn.baseURL)
            let run = try await codex.guild("run", "clerk", "hello")
            expectRefusal(run, 1, "does not satisfy its schema", word, "hint: ", "agent clerk")
            // Handed back once, with what was wrong.
            let requests = try await standIn.requests()
            #expect(requests.count == 2)
            #expect(requests.last?["body"]?.text().contains("does not satisfy its schema") == true)
        }

        @Test func `an answer that breaks its schema once is mended`() async throws {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript([["text": "High, I think."], ["text": #"{"severity": "high"}"#]])
            let codex = try await codex(with: Self.schema, model: standIn.baseURL)
            let run = try await codex.json("run", "clerk", "hello")
            #expect(run["answer"] == #"{"severity": "high"}"#)
            #expect(run["turns"] == 2)
        }

        @Test func `a question that is not recorded is a miss that says what is`() async throws {
            let codex = try TemporaryCodex()
            #expect(try await codex.guild("init", "acme", in: codex.folder).status == 0)
            let run = try await codex.guild("run", "greeter", "What is the weather like?")
            expectRefusal(
                run, 1, "replay: no recorded answer for request", "recorded: ", "worked example, turn 1", "hint: ",
                "set a provider", "LLMRegistry")
            #expect(run.output.isEmpty)
            let key = try #require(run.errors.firstMatch(of: /for request ([0-9a-f]{32})/)?.1)
            // The same key is what a dry run prints, so that an author can write the entry.
            let dry = try await codex.guild("run", "greeter", "What is the weather like?", "--dry-run", "-o", "json")
            #expect(try JSONParser.parse(dry.output)["key"]?.string == String(key))
        }

        @Test func `a recording that cannot be written is told before the model is asked`() async throws {
            let standIn = try await StandInProcess.start()
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL)
            let nowhere = codex.folder + "/nowhere/weather.jsonl"
            expectRefusal(
                try await codex.guild("run", "clerk", "Weather?", "--record", nowhere), 6, nowhere,
                "No such file or directory", "hint: ")
            #expect(!FileManager.default.fileExists(atPath: codex.folder + "/ledger.sqlite"))
        }

        @Test func `what was recorded once is replayed without the model`() async throws {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript([["text": "Sunny, as ever."]])
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL)
            let recording = codex.folder + "/weather.jsonl"
            let recorded = try await codex.guild("run", "clerk", "Weather?", "--record", recording)
            #expect(recorded.status == 0, "\(recorded.errors)")
            standIn.child.kill()
            let replayed = try await codex.guild("run", "clerk", "Weather?", "--replay", recording)
            #expect(replayed.status == 0, "\(replayed.errors)")
            #expect(replayed.output == "Sunny, as ever.\n")
            #expect(replayed.errors.contains("replay (recorded)"))
            expectRefusal(
                try await codex.guild("run", "clerk", "Tides?", "--replay", recording), 1, "no recorded answer",
                "'Weather?'", "'Tides?'", "hint: ")
        }
    }
}
