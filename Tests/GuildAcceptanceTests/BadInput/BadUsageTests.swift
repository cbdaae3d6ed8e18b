import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    struct BadUsageTests {
        struct Mistake: Sendable, CustomTestStringConvertible {
            let arguments: [String]
            let words: [String]
            var testDescription: String { "guild " + arguments.joined(separator: " ") }

            init(_ line: String, _ words: String...) {
                arguments = line.split(separator: " ").map(String.init)
                self.words = words
            }
        }

        private static let mistakes = [
            Mistake("run clark", "there is no agent 'clark'", "did you mean 'clerk'?"),
            Mistake("run zzzzzz", "there is no agent 'zzzzzz'", "guild registry list", "clerk"),
            Mistake("run", "agent", "guild run --help"),
            Mistake("run clerk --budget lots", "--budget 'lots' is not a count of tokens", "200K"),
            Mistake("run clerk --var nothing", "--var 'nothing' is not of the form K=V"),
            Mistake("run clerk --aprove all", "--aprove", "guild run --help"),
            Mistake("run clerk -i /nonexistent/file", "/nonexistent/file: cannot be read", "hint: "),
            Mistake("run clerk --record a --replay b", "--record and --replay exclude each other"),
            Mistake("serve dispacher", "there is no component 'dispacher'", "did you mean 'dispatcher'?"),
            Mistake("serve feed-poller", "component 'feed-poller' is not available in this version", "remove it"),
            Mistake("serve webhook-gateway", "needs an address to listen on", "add --listen"),
            Mistake("serve --listen nowhere", "'nowhere' is not an address to listen on", "HOST:PORT"),
            Mistake("audit log --kind event.acepted", "event.acepted", "did you mean 'event.accepted'?"),
            Mistake("schedule next --expr 99", "--expr", "hint: "),
            Mistake(
                "schedule next --expr @daily --timezone Europe/Londn", "Europe/Londn", "did you mean 'Europe/London'?"),
            Mistake("fly", "fly", "guild --help"),
        ]

        /// The help of the parser names the next step where our own words do not.
        @Test(arguments: mistakes)
        func `is answered with what was wrong and what is right`(mistake: Mistake) async throws {
            let codex = try TemporaryCodex()
            try codex.write(
                ClerkCodex.files(model: TemporaryCodex.nowhere, github: TemporaryCodex.nowhere, changing: [:]))
            try await codex.git("init", "--quiet", codex.repository, in: codex.folder)
            try await codex.commit()
            // Whether there is a ledger already makes no difference to a mistake.
            let finished = try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), mistake.arguments, environment: codex.environment,
                directory: codex.repository)
            #expect(finished.status == 2, "\(finished.errors)")
            #expect(finished.output.isEmpty)
            for word in mistake.words { #expect(finished.errors.contains(word), "no '\(word)' in: \(finished.errors)") }
        }

        @Test func `a port that is taken`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let other = try RawServer { _ in [.close] }
            let address = "127.0.0.1:\(other.port)"
            expectRefusal(
                try await codex.guild("serve", "--listen", address), 6, "cannot listen on \(address)", "in use",
                "--listen HOST:PORT")
            // It has not begun.
            #expect(!FileManager.default.fileExists(atPath: codex.ledger))
        }

        @Test(arguments: [
            ("not json", "not JSON"), (#"{"specversion": "1.0"}"#, "'id' is missing"),
            (#"["an", "array"]"#, "not a CloudEvent"), ("[]", "no event"),
        ])
        func `an event that is none`(text: String, word: String) async throws {
            let codex = try await TemporaryCodex.clerk()
            try codex.write(["event.json": text])
            for command in [["run", "clerk", "--event", "event.json"], ["dispatch", "send", "event.json"]] {
                let finished = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), command, environment: codex.environment,
                    directory: codex.repository)
                expectRefusal(finished, 2, "event.json: ", word, "hint: ")
            }
        }

        @Test func `a recording that is none`() async throws {
            let codex = try await TemporaryCodex.clerk()
            try codex.write(["answers.jsonl": "\nnot json\n"])
            expectRefusal(
                try await codex.guild("run", "clerk", "--replay", "answers.jsonl"), 2,
                "answers.jsonl: line 2 of the recording", "not JSON", "hint: ")
        }
    }
}
