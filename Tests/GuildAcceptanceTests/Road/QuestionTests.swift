import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// The question whether an action may be done, at a terminal.
    struct QuestionTests {
        private let terminal: PseudoTerminal

        init() throws { terminal = try PseudoTerminal() }

        private func codex(_ github: StandInProcess) async throws -> TemporaryCodex {
            try await TemporaryCodex.clerk(
                model: github.baseURL, github: github.baseURL,
                changing: ["agents/clerk.yaml": ClerkCodex.agent(autonomy: 1)])
        }

        /// `guild run` with the terminal for its standard input.
        private func run(_ codex: TemporaryCodex) throws -> ChildProcess {
            try ChildProcess(
                "/bin/sh",
                [
                    "-c", "exec \"$0\" \"$@\" <\(terminal.path)", try BuiltProducts.path(of: "guild"), "run", "clerk",
                    "Comment on it.", "--on", "github:acme/shop",
                ], environment: codex.environment, directory: codex.repository)
        }

        @Test func `only what is typed after the question answers it`() async throws {
            let github = try await StandInProcess.start()
            let codex = try await codex(github)
            try terminal.type("y\n")
            let run = try run(codex)
            let shown = try await terminal.shows("Do it? [y/N] ")
            #expect(shown.contains("approval needed because: its tool requires approval"), "\(shown)")
            try terminal.type("n\n")
            #expect(try await run.wait() == .exited(5), "\(run.errors)")
            #expect(try await github.effects() == [])
            #expect(try await codex.audit("approval.decided").map { $0["body"]?["decision"] } == ["rejected"])
        }

        @Test func `a yes at the question is one`() async throws {
            let github = try await StandInProcess.start()
            let codex = try await codex(github)
            let run = try run(codex)
            try await terminal.shows("Do it?")
            try terminal.type("yes\n")
            #expect(try await run.wait() == .exited(0), "\(run.errors)")
            #expect(try await github.effects().count == 1)
        }

        @Test func `an answer that is neither yes nor no is asked for again, at the terminal`() async throws {
            let github = try await StandInProcess.start()
            let codex = try await codex(github)
            let run = try run(codex)
            try await terminal.shows("Do it?")
            try terminal.type("perhaps\n")
            try await terminal.shows("Answer y or n: ")
            try terminal.type("y\n")
            #expect(try await run.wait() == .exited(0), "\(run.errors)")
            #expect(try await github.effects().count == 1)
            // Standard error leads elsewhere here, where nobody would read the question.
            #expect(!run.errors.contains("Do it?"), "\(run.errors)")
        }

        @Test func `Ctrl-C at the question ends the run, and nothing is done`() async throws {
            let github = try await StandInProcess.start()
            let codex = try await codex(github)
            let run = try run(codex)
            try await terminal.shows("Do it?")
            run.signal(SIGINT)
            #expect(try await run.wait() == .exited(130), "\(run.errors)")
            #expect(try await github.effects() == [])
            #expect(try await codex.json("audit", "approvals") == [])
        }
    }
}
