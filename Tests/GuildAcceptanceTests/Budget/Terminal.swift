import Foundation
import GuildDomain
import GuildTestSupport

/// `guild` on a terminal of its own, as a person sees it.
enum Terminal {
    static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/script")

    /// Runs `guild` with a terminal for standard output and gives back what it wrote there.
    static func run(
        _ arguments: String..., columns: Int, in codex: TemporaryCodex, overriding: [String: String?] = [:]
    ) async throws -> ChildProcess.Finished {
        let guild = try BuiltProducts.path(of: "guild")
        // The words are ours: nothing in them needs quoting.
        let line = (["stty", "cols", "\(columns);", guild] + arguments).joined(separator: " ")
        return try await ChildProcess.run(
            "/usr/bin/script", ["--quiet", "--return", "--command", line, "/dev/null"],
            environment: codex.variables(overriding), directory: codex.repository)
    }
}
