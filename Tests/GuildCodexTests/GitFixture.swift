import Foundation
import GuildCodex
import GuildDomain
import GuildTestSupport

/// A real repository in a temporary folder, made with the git command and removed with the value.
final class GitFixture: Sendable {
    let path: String

    var location: CodexLocation { CodexLocation(path, workingDirectory: "/") }

    init(_ initialise: [String] = []) async throws {
        path = Self.temporaryPath()
        try await Self.git(["init", "--quiet", "--initial-branch=main"] + initialise + [path], in: "/")
    }

    /// A bare copy of another one.
    init(bareCloneOf other: GitFixture) async throws {
        path = Self.temporaryPath() + ".git"
        try await Self.git(["clone", "--quiet", "--bare", other.path, path], in: "/")
    }

    deinit {
        // A folder that stays behind is only litter.
        try? FileManager.default.removeItem(atPath: path)
    }

    @discardableResult
    func git(_ arguments: String...) async throws -> String { try await Self.git(arguments, in: path) }

    func write(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = URL(fileURLWithPath: path).appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    /// Writes the small codex below `folder` and commits it.
    @discardableResult
    func commitCodex(in folder: String = "", _ message: String = "codex") async throws -> CommitID {
        let prefix = folder.isEmpty ? "" : folder + "/"
        try write(Dictionary(uniqueKeysWithValues: SmallCodex.files.map { (prefix + $0.key, $0.value) }))
        return try await commit(message)
    }

    @discardableResult
    func commit(_ message: String) async throws -> CommitID {
        try await git("add", "--all")
        try await git("commit", "--quiet", "--allow-empty", "-m", message)
        return try await head()
    }

    func head() async throws -> CommitID {
        let text = try await git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
        guard let commit = CommitID(text) else { throw Failure(.failed, "not a commit: \(text)") }
        return commit
    }

    static func temporaryPath() -> String {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath().path
        return folder + "/codex-test-" + UUID().uuidString
    }

    /// Runs git with nothing of the user's own configuration.
    @discardableResult
    private static func git(_ arguments: [String], in folder: String) async throws -> String {
        let environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "/nonexistent",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Test",
            "GIT_AUTHOR_EMAIL": "test@localhost", "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "test@localhost",
        ]
        let finished = try await ChildProcess.run(
            "/usr/bin/env", ["git"] + arguments, environment: environment, directory: folder)
        guard finished.status == 0 else {
            throw Failure(.failed, "git \(arguments.joined(separator: " ")): \(finished.errors)")
        }
        return finished.output
    }
}
