import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// `guild ledger backup` where there is not enough room for it.
    struct FullDiskTests {
        enum Shortage: String, CaseIterable, Sendable {
            /// A small file system of its own, in a mount namespace; only where that is permitted.
            case fileSystem
            /// No file may grow longer than this: works everywhere.
            case fileSize

            /// Runs `$@`, then lists what the folder `$FOLDER` has in it.
            var script: String {
                switch self {
                case .fileSystem:
                    """
                    mount -t tmpfs -o size=200k tmpfs "$FOLDER" || exit 99
                    "$@"; status=$?; ls -A "$FOLDER"; exit $status
                    """
                case .fileSize:
                    """
                    (trap '' XFSZ; ulimit -f 100; exec "$@"); status=$?; ls -A "$FOLDER"; exit $status
                    """
                }
            }

            var command: [String] {
                switch self {
                case .fileSystem: ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
                case .fileSize: ["sh", "-c", script, "sh"]
                }
            }
        }

        private func run(
            _ shortage: Shortage, _ arguments: [String], in folder: String, _ codex: TemporaryCodex
        ) async throws -> ChildProcess.Finished {
            try await ChildProcess.run(
                "/usr/bin/env", shortage.command + [try BuiltProducts.path(of: "guild")] + arguments,
                environment: codex.variables(["FOLDER": folder]), directory: codex.repository)
        }

        /// Mounts a small file system on `$FOLDER`, fills it, runs `$@`, and lists what that made there.
        private static let filling = """
            mount -t tmpfs -o size=40k tmpfs "$FOLDER" || exit 99
            head -c 100000 /dev/zero > "$FOLDER/fill" 2>/dev/null
            "$@"; status=$?; rm "$FOLDER/fill"; ls -A "$FOLDER"; exit $status
            """

        @Test(arguments: [
            ["run", "clerk", "Hello.", "--record", "FOLDER/new"], ["audit", "export", "--to", "FOLDER/new"],
            ["ledger", "backup", "FOLDER/new"], ["init", "FOLDER/new"],
        ])
        func `a command that finds its disk full says which file, and leaves none`(command: [String]) async throws {
            let standIn = try await StandInProcess.start()
            // Without a write, which would be refused where the run has no place.
            try await standIn.setScript([["text": "Hi."], ["text": "Hi."]])
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL)
            #expect(try await codex.guild("run", "clerk", "Hello.").status == 0)
            let folder = codex.folder + "/small"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let arguments = command.map { $0.replacing("FOLDER", with: folder) }
            let full = try await ChildProcess.run(
                "/usr/bin/env",
                ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", Self.filling, "sh"]
                    + [try BuiltProducts.path(of: "guild")] + arguments,
                environment: codex.variables(["FOLDER": folder]), directory: codex.repository)
            // Where no mount is permitted there is nothing to fill.
            if full.status == 1 || full.status == 99, !full.errors.contains("guild") { return }
            #expect(full.status == 6, "\(full.ending) \(full.errors)")
            let errors = full.errors.split(separator: "\n").filter { $0.hasPrefix("guild: ") }
            #expect(errors.count == 1, "\(full.errors)")
            #expect(errors.first?.contains(folder + "/new") == true, "\(full.errors)")
            // After what the command printed, the list of the folder is empty.
            #expect(!full.output.contains("new"), "\(full.output)")
        }

        @Test(arguments: Shortage.allCases)
        func `a backup that the disk has no room for is one error, and leaves nothing of itself`(
            shortage: Shortage
        ) async throws {
            let codex = try await TemporaryCodex.clerk()
            let events = (0..<8).map { number -> String in
                let event: JSONValue = [
                    "specversion": "1.0", "id": .string("\(number)"), "source": "/test", "type": "test.sent",
                    "data": ["text": .string(String(repeating: "x", count: 80_000 + number))],
                ]
                return event.text(.compact)
            }
            try codex.write(["events.jsonl": events.joined(separator: "\n") + "\n"])
            #expect(try await codex.guild("dispatch", "send", "events.jsonl", "--quiet").status == 0)
            #expect(try await codex.guild("ledger", "backup", "../earlier").status == 0)
            let sums = try String(contentsOfFile: codex.folder + "/earlier/SHA256SUMS", encoding: .utf8)
            let folder = codex.folder + "/small"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)

            let full = try await run(shortage, ["ledger", "backup", folder + "/backup"], in: folder, codex)
            // Where no mount is permitted, the other way alone has to do.
            if shortage == .fileSystem, full.status == 1 || full.status == 99, !full.errors.contains("guild") { return }
            #expect(full.status == 6, "\(full.ending) \(full.errors)")
            let errors = full.errors.split(separator: "\n")
            #expect(errors.count { $0.hasPrefix("guild: ") || $0.hasPrefix("error: ") } == 1, "\(full.errors)")
            #expect(full.errors.contains(folder + "/backup"), "\(full.errors)")
            #expect(full.errors.contains("full") || full.errors.contains("ulimit -f"), "\(full.errors)")
            // Nothing of it is there, what was there is what it was, and the ledger goes on.
            #expect(full.output == "")
            let earlier = try await codex.guild("ledger", "restore", "../earlier", "--dry-run")
            #expect(earlier.status == 0, "\(earlier.errors)")
            #expect(try String(contentsOfFile: codex.folder + "/earlier/SHA256SUMS", encoding: .utf8) == sums)
            #expect(try await codex.guild("ledger", "check").status == 0)
            #expect(try await codex.guild("ledger", "backup", folder + "/backup").status == 0)
        }
    }
}
