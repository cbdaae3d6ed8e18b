import Foundation
import GuildDomain
import GuildTestSupport

/// A codex in a git repository of its own, a ledger beside it, and `guild` run there as a person would, with nothing
/// of whoever tests: no home, no git user, no proxy. All of it is removed with the value.
final class TemporaryCodex: Sendable {
    static let modelKey = "sk-model-5f1d0c7e9a42"
    static let token = "ghp-token-8b2e6f3c1d90"
    static let webhookSecret = "hook-secret-c4a97be02f15"
    /// The discard port, where nobody listens.
    static let nowhere = "http://127.0.0.1:9"

    /// Repository, ledger and state are below it.
    let folder: String
    var repository: String { folder + "/acme" }
    var ledger: String { folder + "/ledger/ledger.sqlite" }

    /// A folder with nothing in it.
    init() throws {
        let temporary = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath().path
        folder = temporary + "/guild-acceptance-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        // A folder that stays behind is only litter.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The codex of one clerk (`ClerkCodex`), committed.
    ///
    /// - Parameter files: contents that replace or add to it; nil leaves a file out.
    static func clerk(
        model: String = nowhere, github: String = nowhere, changing files: [String: String?] = [:]
    ) async throws -> TemporaryCodex {
        let codex = try TemporaryCodex()
        try codex.write(ClerkCodex.files(model: model, github: github, changing: files))
        try await codex.git("init", "--quiet", "--initial-branch=main", codex.repository, in: codex.folder)
        try await codex.commit()
        return codex
    }

    /// The repository's own sample codex, as its demo has it: in the folder `codex` of a repository, its GitHub elsewhere.
    static func sample(github: String) async throws -> TemporaryCodex {
        let codex = try TemporaryCodex()
        try FileManager.default.createDirectory(atPath: codex.repository, withIntermediateDirectories: true)
        let copy = URL(fileURLWithPath: codex.repository + "/codex")
        try FileManager.default.copyItem(at: sampleFolder, to: copy)
        let connector = copy.appending(path: "connectors/github.yaml")
        let text = try String(contentsOf: connector, encoding: .utf8)
        try Data(text.replacingOccurrences(of: "https://api.github.com", with: github).utf8).write(to: connector)
        try await codex.git("init", "--quiet", "--initial-branch=main", codex.repository, in: codex.folder)
        try await codex.commit()
        return codex
    }

    static let sampleFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../codex").standardizedFileURL

    // MARK: The repository

    /// Below the repository.
    func write(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = URL(fileURLWithPath: repository).appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    func commit() async throws {
        try await git("add", "--all")
        try await git("commit", "--quiet", "--message", "codex")
    }

    @discardableResult
    func git(_ arguments: String..., in directory: String? = nil) async throws -> String {
        try await git(arguments: arguments, in: directory)
    }

    @discardableResult
    func git(arguments: [String], in directory: String? = nil) async throws -> String {
        let person = ["NAME": "Test", "EMAIL": "test@localhost"].flatMap { key, value in
            ["GIT_AUTHOR_" + key, "GIT_COMMITTER_" + key].map { ($0, value) }
        }
        var environment = Dictionary(uniqueKeysWithValues: person)
        environment["PATH"] = Self.path
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
        environment["GIT_CONFIG_NOSYSTEM"] = "1"
        let finished = try await ChildProcess.run(
            "/usr/bin/env", ["git"] + arguments, environment: environment, directory: directory ?? repository)
        guard finished.status == 0 else {
            throw Failure(.failed, "git \(arguments.joined(separator: " ")): \(finished.errors)")
        }
        return finished.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
}

// MARK: - The binary

extension TemporaryCodex {
    /// What `guild` sees of the world; no `HOME` in it.
    var environment: [String: String] {
        var environment = [
            "PATH": Self.path, "LC_ALL": "C", "XDG_STATE_HOME": folder + "/state", "GUILD_LEDGER": "sqlite:" + ledger,
            // Nobody sits at a terminal here: what is trusted, and what not, has tests of its own.
            "GUILD_TRUST_CODEX": "1",
            "MODEL_KEY": Self.modelKey, "GITHUB_TOKEN": Self.token, "GITHUB_WEBHOOK_SECRET": Self.webhookSecret,
        ]
        environment["LD_LIBRARY_PATH"] = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
        return environment
    }

    /// Runs `guild` in the repository to its end.
    ///
    /// - Parameter overriding: variables that differ; nil unsets one.
    @discardableResult
    func guild(
        _ arguments: String..., overriding: [String: String?] = [:], in directory: String? = nil
    ) async throws -> ChildProcess.Finished {
        try await ChildProcess.run(
            try BuiltProducts.path(of: "guild"), arguments, environment: variables(overriding),
            directory: directory ?? repository)
    }

    /// Starts `guild` in the repository.
    func start(_ arguments: String..., overriding: [String: String?] = [:]) throws -> ChildProcess {
        try ChildProcess(
            try BuiltProducts.path(of: "guild"), arguments, environment: variables(overriding), directory: repository)
    }

    /// What a command prints with `-o json`.
    ///
    /// - Throws: unless it exits 0.
    func json(_ arguments: String...) async throws -> JSONValue {
        let finished = try await ChildProcess.run(
            try BuiltProducts.path(of: "guild"), arguments + ["-o", "json"], environment: environment,
            directory: repository)
        guard finished.status == 0 else {
            throw Failure(.failed, "guild \(arguments.joined(separator: " ")): \(finished.ending) \(finished.errors)")
        }
        return try JSONParser.parse(finished.output)
    }

    /// The trace of what an id belongs to, once all that it set going has its final outcome.
    func settledTrace(of id: String) async throws -> JSONValue {
        while true {
            try Task.checkCancellation()
            let trace = try await json("audit", "show", id)
            if Self.isSettled(trace) { return trace }
        }
    }

    /// The audit entries of a kind, the oldest first.
    func audit(_ kind: String) async throws -> [JSONValue] {
        try await json("audit", "log", "--kind", kind).array ?? []
    }

    func isAuditValid() async throws -> Bool { try await json("audit", "verify")["valid"] == true }

    /// The environment with what differs; nil unsets a variable.
    func variables(_ overriding: [String: String?]) -> [String: String] {
        var variables = environment
        for (name, value) in overriding { variables[name] = value }
        return variables
    }

    private static func isSettled(_ trace: JSONValue) -> Bool {
        let invocations = trace["invocations"]?.array ?? []
        let actions = invocations.flatMap { $0["actions"]?.array ?? [] }
        let ends: Set<JSONValue> = ["succeeded", "failed", "cancelled", "expired", "rejected"]
        return trace["decisions"]?.array?.isEmpty == false
            && (invocations + actions).allSatisfy { $0["state"].map(ends.contains) ?? false }
    }
}
