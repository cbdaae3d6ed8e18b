import GuildDomain
import GuildTestSupport
import Testing

/// `guild budget` with the built binary, over ledgers that replayed runs have made. One at a time, because each of these
/// runs several processes.
@Suite(.serialized, .timeLimit(.minutes(10))) enum Budget {
    /// What one run of the starter's greeter uses.
    static let runTokens: Int64 = 700

    /// The starter's codex, with `runs` runs of its greeter in its ledger.
    static func used(runs: Int, guild: String? = nil, greeter: String? = nil) async throws -> TemporaryCodex {
        let codex = try TemporaryCodex()
        let made = try await codex.guild("init", "acme", in: codex.folder)
        guard made.status == 0 else { throw Failure(.failed, made.errors) }
        var files: [String: String] = [:]
        files["guild.yaml"] = guild
        files["agents/greeter.yaml"] = greeter
        if !files.isEmpty {
            try codex.write(files)
            try await codex.commit()
        }
        for _ in 0..<runs {
            let run = try await codex.guild("run", "greeter")
            guard run.status == 0 else { throw Failure(.failed, run.errors) }
        }
        return codex
    }
}
