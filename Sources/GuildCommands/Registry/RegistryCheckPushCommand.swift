import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildDomain

/// Called by the hook: validates a push, and prints the problems on the pusher's terminal.
struct RegistryCheckPushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-push", abstract: "Validates a push from within a pre-receive hook.",
        discussion: "Reads `OLD NEW REF` lines on standard input (githooks(5)).", shouldDisplay: false)

    @Option(help: ArgumentHelp("Allowed signers.", valueName: "file"))
    var signers: String?

    @OptionGroup var options: GlobalOptions

    /// A push names few refs; more input than this is not a push.
    private static let inputLimitBytes = 16 << 20
    private static let shownProblems = 50

    func run() async throws {
        var settings = options.settings()
        settings.signers = signers
        settings.readsQuarantine = true
        let access = try CodexAccess(settings)
        guard let served = try access.repository.references.servedName(settings.revision) else { return }
        let input = try FileHandle.standardInput.read(upToCount: Self.inputLimitBytes + 1) ?? Data()
        guard input.count <= Self.inputLimitBytes else {
            say("guild: more than \(Self.inputLimitBytes >> 20) MiB of refs in one push")
            throw CommandStatus(code: ErrorKind.refused.exitStatus)
        }
        for line in String(decoding: input, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            // Only the served branch is judged.
            guard words.count == 3, words[2] == served else { continue }
            try judge(words[1], after: words[0], served, access)
        }
    }

    private func judge(_ name: String, after old: String, _ reference: String, _ access: CodexAccess) throws {
        guard let commit = CommitID(name), !commit.hex.allSatisfy({ $0 == "0" }) else {
            say("guild: \(reference) is served and cannot be deleted")
            say("  hint: revert the change with a new commit: guild registry rollback")
            throw CommandStatus(code: ErrorKind.refused.exitStatus)
        }
        let short = reference.hasPrefix("refs/heads/") ? String(reference.dropFirst("refs/heads/".count)) : reference
        let result = try access.load(commit, revision: commit.short)
        let errors = result.problems.filter { $0.severity == .error }
        let shown = errors.isEmpty ? newWarnings(of: result, after: old, access) : errors
        for problem in shown.prefix(Self.shownProblems) { say(problem.text) }
        let rest = shown.count - Self.shownProblems
        if rest > 0 { say("and \(rest) more: guild registry validate") }
        guard result.snapshot == nil else { return }
        let count = "\(errors.count) error\(errors.count == 1 ? "" : "s")"
        say("guild: \(commit.short) is rejected for \(short): \(count)")
        throw CommandStatus(code: ErrorKind.invalidCodex.exitStatus)
    }

    /// The warnings that the push brings; those that are there already would be read by nobody at each push.
    private func newWarnings(of result: LoadResult, after old: String, _ access: CodexAccess) -> [Problem] {
        // The previously served commit may be unreadable or missing: then all warnings are new.
        let before = CommitID(old).flatMap { try? access.loader.load($0) }
        let known = Set((before?.warnings ?? []).map(\.substance))
        return result.warnings.filter { !known.contains($0.substance) }
    }

    /// Git shows a hook's standard error to the pusher.
    private func say(_ text: String) {
        // A pusher that went away reads nothing; the exit status tells git.
        Terminal.write(ScreenText.line(text) + "\n", to: .error)
    }
}
