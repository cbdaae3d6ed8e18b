import CLibGit2
import Foundation
import GuildDomain

/// Validation in a repository's `pre-receive` (githooks(5)): a push that would be refused is rejected while the pusher
/// still looks at the terminal. A hook that was there before is kept and run first.
package struct PreReceiveHook: Sendable {
    /// The hook itself.
    package let path: String
    /// Where an existing hook of another origin is kept.
    package var earlierPath: String { path + ".before-guild" }

    /// The result of installing or removing the hook.
    package enum Outcome: String, Sendable {
        case installed, updated, chained, removed, restored
    }

    private static let marker = "# Written by `guild registry install-hook`"

    /// - Throws: `Failure` of kind `.refused` if `core.hooksPath` is set outside of the repository, for all of a
    ///   user's.
    package init(of repository: CodexRepository) throws {
        guard let (folder, isOwn) = try repository.hooksPath() else {
            path = try repository.commonDirectory() + "/hooks/pre-receive"
            return
        }
        guard isOwn else {
            throw Failure(
                .refused, "\(repository.place): core.hooksPath is \(folder), for every repository of this user or host",
                hint: "set it for this one: git -C \(repository.gitDirectory) config core.hooksPath hooks")
        }
        // A relative path is relative to the folder in which hooks run: for a push, the git directory.
        path = CodexLocation(folder, workingDirectory: repository.gitDirectory).path + "/pre-receive"
    }

    /// Whether it is ours that is there.
    package var isInstalled: Bool {
        // An unreadable hook belongs to somebody else.
        (try? String(contentsOfFile: path, encoding: .utf8))?.contains(Self.marker) == true
    }

    /// Writes the hook.
    ///
    /// - Parameter command: the program by its absolute path, and its arguments.
    /// - Throws: if there are an earlier hook and another one kept beside it already; neither is touched.
    package func install(_ command: [String]) throws -> Outcome {
        let files = FileManager.default
        try files.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        var outcome = isInstalled ? Outcome.updated : .installed
        if !isInstalled, files.fileExists(atPath: path) {
            guard !files.fileExists(atPath: earlierPath) else {
                throw Failure(
                    .refused, "\(path): there is another hook, and an earlier one at \(earlierPath)",
                    hint: "merge the two by hand, or remove one of them")
            }
            try files.moveItem(atPath: path, toPath: earlierPath)
            outcome = .chained
        }
        // By rename, so that a push meanwhile meets one hook or the other, and never half of one.
        do throws(PlainFile.Problem) {
            try PlainFile.replace(path, with: Array(Self.script(command).utf8), mode: 0o755)
        } catch {
            throw Failure(.unavailable, "\(path): cannot write the hook: \(error.reason)")
        }
        return outcome
    }

    /// Takes our hook away and puts the earlier one back.
    ///
    /// - Returns: nil if it is not there.
    package func uninstall() throws -> Outcome? {
        guard isInstalled else { return nil }
        if FileManager.default.fileExists(atPath: earlierPath) {
            guard rename(earlierPath, path) == 0 else {
                throw Failure(
                    .unavailable, "\(path): cannot restore the earlier hook: \(SystemError.words(errno))")
            }
            return .restored
        }
        try FileManager.default.removeItem(atPath: path)
        return .removed
    }

    private static func script(_ command: [String]) -> String {
        let program = quoted(command.first ?? "guild")
        return """
            #!/bin/sh
            \(marker); `--uninstall` removes it.
            # Rejects a push whose codex is invalid. A hook that existed before runs first, with the same input.
            pushed=$(cat; printf x)
            pushed=${pushed%x}
            before="$0.before-guild"
            if [ -x "$before" ]; then
                printf '%s' "$pushed" | "$before" "$@" || exit $?
            fi
            if [ ! -x \(program) ]; then
                echo "guild: "\(program)" is missing, so pushes cannot be validated: guild registry install-hook" >&2
                exit 1
            fi
            printf '%s' "$pushed" | exec \(command.map(quoted).joined(separator: " "))

            """
    }

    /// For a POSIX shell. By scalars: a quote with a combining accent is one character to Swift, but still a quote to a
    /// shell.
    static func quoted(_ text: String) -> String {
        let inner = text.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined()
        return "'" + inner + "'"
    }
}

extension CodexRepository {
    /// `core.hooksPath`, and whether the repository's own configuration says it.
    fileprivate func hooksPath() throws(CodexRepositoryError) -> (String, isOwn: Bool)? {
        try attempt { (repository) throws(GitFailure) in
            var (configuration, entry): (OpaquePointer?, UnsafeMutablePointer<git_config_entry>?)
            defer {
                git_config_entry_free(entry)
                git_config_free(configuration)
            }
            try GitFailure.check(git_repository_config(&configuration, repository))
            guard git_config_get_entry(&entry, configuration, "core.hookspath") == 0, let found = entry?.pointee,
                let value = found.value
            else { return nil }
            return (String(cString: value), found.level.rawValue >= GIT_CONFIG_LEVEL_LOCAL.rawValue)
        }
    }
}
