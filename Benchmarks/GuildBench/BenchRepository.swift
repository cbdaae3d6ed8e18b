import Foundation
import GuildDomain

/// A codex copied into a git repository of its own.
struct BenchRepository {
    let path: String

    private static let placeholder = "http://127.0.0.1:1\n"

    /// - Parameter standIn: the port that takes the place of the port 1 in its addresses.
    init(copying codex: String, to path: String, standIn: UInt16? = nil) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: codex, toPath: path + "/codex")
        if let standIn {
            for file in ["connectors/github.yaml", "providers/models.yaml"] {
                let url = URL(fileURLWithPath: "\(path)/codex/\(file)")
                let text = try String(contentsOf: url, encoding: .utf8)
                try text.replacingOccurrences(of: Self.placeholder, with: "http://127.0.0.1:\(standIn)\n")
                    .write(to: url, atomically: true, encoding: .utf8)
            }
        }
        let identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"]
        for arguments in [
            ["init", "-q"], ["add", "."], identity + ["commit", "-q", "-m", "A codex to measure with"],
        ] {
            let status = try Child(["git", "-C", path] + arguments).wait()
            guard status == 0 else { throw Failure(.failed, "git \(arguments.joined(separator: " ")): \(status)") }
        }
    }
}

/// `guild serve` over a codex, on a port that the system picks.
struct ServedCodex {
    let child: Child
    let port: UInt16
    let log: String

    /// - Parameter under: a command that runs it, and before which it stands.
    init(_ repository: BenchRepository, setting: BenchSetting, ledger: String, under: [String] = []) throws {
        log = repository.path + "/serve.log"
        let secrets = ["GITHUB_WEBHOOK_SECRET": Deliveries.secret, "GITHUB_TOKEN": "benchmark-token"]
        child = try Child(
            under + [
                setting.guild, "serve", "--listen", "127.0.0.1:0", "--codex", repository.path, "--ledger",
                "sqlite:" + ledger,
            ], environment: secrets, output: log)
        port = try Child.port(after: "address=", in: log)
    }
}
