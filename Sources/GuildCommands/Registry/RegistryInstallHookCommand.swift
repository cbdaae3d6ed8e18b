import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildDomain

struct RegistryInstallHookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install-hook", abstract: "Validates pushes in the repository's pre-receive hook.",
        discussion: """
            The hook rejects a push whose codex is invalid and prints the errors with their places on the pusher's \
            terminal. It also rejects deleting the served branch (--rev, default HEAD). An existing hook is kept and \
            runs first.
            """)

    @Flag(help: "Remove the hook and restore an earlier one.")
    var uninstall = false

    @Option(
        help: ArgumentHelp(
            "Reject commits that none of these signers signed, as `guild serve --signers` does.", valueName: "file"),
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
                throw Failure(.usage, "\(hook.path): guild's hook is not installed", hint: "nothing was changed")
            }
            return try output.renderer.print(HookResult(outcome: outcome, path: hook.path, earlier: nil))
        }
        let outcome = try hook.install(try command(access))
        let earlier = FileManager.default.fileExists(atPath: hook.earlierPath) ? hook.earlierPath : nil
        try output.renderer.print(HookResult(outcome: outcome, path: hook.path, earlier: earlier))
    }

    /// Hooks run in the git directory; if the codex is a folder of the work tree, its path is passed.
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
        let before = earlier.map { "\nthe previous hook runs first, from \($0)" } ?? ""
        switch outcome {
        case .installed, .updated, .chained: return "\(path): pushes are validated" + before
        case .removed: return "\(path): removed"
        case .restored: return "\(path): removed; the earlier hook is restored"
        }
    }
}
