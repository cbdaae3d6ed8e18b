import Foundation
import GuildDomain
import GuildTestSupport

/// A codex as a team has it: a bare repository that is served, and a clone to push from.
final class PushedCodex: Sendable {
    /// The clone.
    let codex: TemporaryCodex
    /// The bare repository that is served.
    var bare: String { codex.folder + "/office.git" }

    private init(_ codex: TemporaryCodex) { self.codex = codex }

    static func make(changing files: [String: String?] = [:]) async throws -> PushedCodex {
        let pushed = PushedCodex(try await TemporaryCodex.clerk(changing: files))
        try await pushed.codex.git("clone", "--quiet", "--bare", pushed.codex.repository, pushed.bare)
        try await pushed.codex.git("remote", "add", "origin", pushed.bare)
        return pushed
    }

    /// Commits files in the clone.
    ///
    /// - Returns: the commit.
    @discardableResult
    func commit(_ files: [String: String]) async throws -> String {
        try codex.write(files)
        try await codex.commit()
        return try await codex.git("rev-parse", "HEAD")
    }

    func push(_ arguments: String...) async throws {
        try await codex.git(arguments: ["push", "--quiet", "origin"] + (arguments.isEmpty ? ["HEAD:main"] : arguments))
    }

    /// What a push that is taken tells the pusher.
    func pushTold() async throws -> String {
        let finished = try await ChildProcess.run(
            "/usr/bin/env", ["git", "push", "origin", "HEAD:main"], environment: codex.environment,
            directory: codex.repository)
        guard finished.status == 0 else { throw Failure(.failed, "git push: \(finished.errors)") }
        return finished.errors
    }

    /// What a push that fails tells the pusher.
    func pushRefused(_ arguments: String...) async throws -> String {
        do {
            try await codex.git(arguments: ["push", "origin"] + (arguments.isEmpty ? ["HEAD:main"] : arguments))
        } catch let failure as Failure {
            return failure.message
        }
        throw Failure(.failed, "the push was taken")
    }

    /// `guild serve` of the bare repository.
    func serve(_ arguments: String...) async throws -> ServedCodex {
        try await codex.serve(arguments: arguments, overriding: ["GUILD_CODEX": bare])
    }

    /// A prompt that says which generation it is.
    static func prompt(_ generation: Int) -> [String: String] {
        ["prompts/clerk.md": "You are clerk number \(generation).\n"]
    }

    /// An agent with a misspelt key.
    static let bad = ["agents/bad.yaml": ClerkCodex.agent("bad", more: "  promt: prompts/clerk.md")]
}

extension ServedCodex {
    /// Waits until it says that it took up a commit.
    func accepts(_ commit: String) async throws {
        _ = try await child.errorLine(containing: "codex accepted commit=\(commit)")
    }

    /// Waits until it says that it refused a commit.
    ///
    /// - Returns: what it said.
    @discardableResult
    func refuses(_ commit: String) async throws -> String {
        try await child.errorLine(containing: "codex refused; the last valid commit stays active commit=\(commit)")
    }

    /// The commit that it answers with.
    var commit: String? { get async throws { try await get("/agents").json?["commit"]?.string } }
}
