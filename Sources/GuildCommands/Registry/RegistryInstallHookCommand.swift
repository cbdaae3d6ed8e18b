import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildDomain

struct RegistryInstallHookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install-hook", abstract: "Validates pushes in the repository's pre-receive hook.",
        discussion: """
            A push whose codex is invalid is then rejected, with the located errors on the pusher's terminal. So is the \
            deletion of the branch that is served (--rev, default HEAD). A hook that is there already is kept and run \
            first.
            """)

    @Flag(help: "Take the hook away, and put an earlier one back.")
    var uninstall = false

    @Option(
        help: ArgumentHelp(
            "Reject commits that none of these has signed, as `guild serve --signers`.", valueName: "file"),
        completion: .file())
    var signers: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var settings = options.settings()
        settings.signers = signers
        let access = try CodexAccess(settings)
        let hook = try PreReceiveHook(of: access.repository)
        guard !uninstall else {
            guard let outcome = try hook.uninstall() else {
                throw Failure(.usage, "\(hook.path): guild's hook is not here", hint: "nothing was changed")
            }
            return try output.renderer.print(HookResult(outcome: outcome, path: hook.path, earlier: nil))
        }
        let outcome = try hook.install(try command(access))
        let earlier = FileManager.default.fileExists(atPath: hook.earlierPath) ? hook.earlierPath : nil
        try output.renderer.print(HookResult(outcome: outcome, path: hook.path, earlier: earlier))
    }

    /// Hooks run in the git directory; where the codex is a folder of the work tree, that is said by its path.
    private func command(_ access: CodexAccess) throws -> [String] {
        guard let program = Bundle.main.executablePath else {
            throw Failure(.unavailable, "cannot find this program's own path", hint: "is /proc mounted?")
        }
        let repository = access.repository
        let folder = repository.namedFolder.flatMap { folder in repository.workTree.map { $0 + "/" + folder } }
        var command = [program, "registry", "check-push", "--codex", folder ?? "."]
        if options.rev != "HEAD" { command += ["--rev", options.rev] }
        if let signers = access.signers { command += ["--signers", signers.path] }
        return command
    }
}

extension PreReceiveHook.Outcome: Encodable {}

struct HookResult: RecordResult {
    let outcome: PreReceiveHook.Outcome
    let path: String
    let earlier: String?

    var columns: [Column<HookResult>] {
        [
            .text("OUTCOME", \.outcome.rawValue), .text("PATH", \.path), .text("EARLIER") { $0.earlier ?? "" },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let before = earlier.map { "\nthe hook that was there runs first, from \($0)" } ?? ""
        switch outcome {
        case .installed, .updated, .chained: return "\(path): pushes are validated" + before
        case .removed: return "\(path): removed"
        case .restored: return "\(path): removed, and the earlier hook put back"
        }
    }
}
