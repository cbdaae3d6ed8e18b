import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Hostile {
    /// How the process ends, however it ends.
    struct ExitTests {
        private static let commands: [([String], Int32)] = [
            (["audit", "lgo"], 2), (["schedule", "next", "--expr", "@daily"], 0), (["--help"], 0), (["--version"], 0),
            (["registry", "validate"], 0), (["registry", "show", "nobody"], 2),
        ]
        private static let atOnce = 4
        /// Each is made `atOnce` times.
        private static let rounds = Hostile.isSoaking ? 250 : 8

        @Test func `no way out is a crash, however often and at once`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let environment = codex.environment
            let (guild, folder) = (try BuiltProducts.path(of: "guild"), codex.repository)
            for _ in 0..<Self.rounds {
                for (arguments, status) in Self.commands {
                    let endings: [ChildProcess.Ending] = try await withThrowingTaskGroup(of: ChildProcess.Ending.self) {
                        group in
                        for _ in 0..<Self.atOnce {
                            group.addTask {
                                try await ChildProcess.run(
                                    guild, arguments, environment: environment, directory: folder
                                ).ending
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(endings == Array(repeating: .exited(status), count: Self.atOnce), "\(arguments)")
                }
            }
        }

        /// Runs a command in a shell that puts its output somewhere.
        private func shell(_ command: String) async throws -> ChildProcess.Finished {
            let codex = try await TemporaryCodex.clerk()
            return try await ChildProcess.run(
                "/bin/sh", ["-c", "'\(try BuiltProducts.path(of: "guild"))' \(command)"],
                environment: codex.environment, directory: codex.repository)
        }

        @Test(arguments: [
            "--help", "--version", "audit --help", "completions bash", "registry validate", "registry list -o json",
            "registry list -o csv", "schedule next --expr @daily", "status", "--experimental-dump-help",
            "run clerk --dry-run",
        ]) func `an output that is full, or closed, is told and no success`(command: String) async throws {
            for place in ["> /dev/full", ">&-"] {
                let finished = try await shell("\(command) \(place)")
                #expect(finished.status == 1, "\(command) \(place): \(finished.errors)")
                #expect(finished.errors.contains("guild: cannot write to standard output: "), "\(finished.errors)")
            }
        }

        @Test func `a reader that went away is no failure, and no signal`() async throws {
            let finished = try await shell("registry validate -o json | true; exit 0")
            #expect(finished.status == 0)
            #expect(finished.errors == "")
            let codex = try await TemporaryCodex.clerk()
            let status = try await ChildProcess.run(
                "/bin/sh",
                [
                    "-c",
                    "{ '\(try BuiltProducts.path(of: "guild"))' completions bash; echo $? >&2; } | head -c 1 >/dev/null",
                ], environment: codex.environment, directory: codex.repository)
            #expect(status.errors == "0\n", "\(status.errors)")
        }

        @Test func `a failure stays the failure that it was where its words cannot be written`() async throws {
            #expect(try await shell("registry show nobody > /dev/full 2>&1").status == 2)
            #expect(try await shell("registry show nobody 2>&-").status == 2)
        }

        @Test func `a file that is none is refused at once`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let pipe = codex.folder + "/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            for arguments in [
                ["run", "clerk", "-i"], ["run", "clerk", "--event"], ["run", "clerk", "--replay"], ["dispatch"],
            ] {
                for place in [pipe, codex.folder, "/dev/zero"] {
                    let finished = try await ChildProcess.run(
                        try BuiltProducts.path(of: "guild"), arguments + [place], environment: codex.environment,
                        directory: codex.repository)
                    expectRefusal(finished, 2, place)
                }
            }
            // What the shell opens for us is a pipe that somebody writes to.
            let event = #"{"specversion":"1.0","id":"1","source":"/x","type":"t","data":{}}"#
            let taken = try await ChildProcess.run(
                "/bin/bash",
                ["-c", "'\(try BuiltProducts.path(of: "guild"))' dispatch --dry-run <(printf '%s' '\(event)')"],
                environment: codex.environment, directory: codex.repository)
            #expect(taken.status == 0, "\(taken.errors)")
        }

        @Test(arguments: ["config", "HEAD", "packed-refs", "refs/heads/main"])
        func `a pipe in the place of a file of git is refused at once`(name: String) async throws {
            let codex = try await TemporaryCodex.clerk()
            let path = codex.repository + "/.git/" + name
            unlink(path)
            #expect(mkfifo(path, 0o600) == 0)
            for command in ["validate", "list"] {
                expectRefusal(try await codex.guild("registry", command), 6, path, "a named pipe", "hint: ")
            }
        }
    }
}
