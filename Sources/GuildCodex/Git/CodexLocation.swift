import GuildDomain
import Foundation

/// Where a codex is: the path at which its repository is opened.
package struct CodexLocation: Sendable, Hashable {
    /// Absolute: a repository, bare or not, or a folder inside one.
    package let path: String

    /// - Parameter path: relative ones are taken from `workingDirectory`.
    package init(_ path: String, workingDirectory: String) {
        // By hand: Foundation's URL costs milliseconds at its first use, which every command would pay.
        var steps: [Substring] = []
        let whole = path.hasPrefix("/") ? path : workingDirectory + "/" + path
        for step in whole.split(separator: "/") where step != "." {
            if step == ".." { _ = steps.popLast() } else { steps.append(step) }
        }
        self.path = "/" + steps.joined(separator: "/")
    }
}

/// The kind of file at a path, following links.
enum PathKind {
    case file, folder, other

    /// - Returns: nil if there is nothing, or nothing that may be looked at.
    init?(at path: String) {
        var status = stat()
        guard !path.utf8.contains(0), stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        default: self = .other
        }
    }
}

extension CodexLocation {
    /// The location in `--codex` or `GUILD_CODEX`, or else the nearest folder upwards that contains a `guild.yaml` or a
    /// `codex/`, or else the repository of the working directory.
    ///
    /// - Throws: `notFoundUpwards` if nothing is found; an explicit path is not checked here.
    package static func find(
        explicit: String?, environment: [String: String], workingDirectory: String
    ) throws(CodexRepositoryError) -> CodexLocation {
        if let explicit { return CodexLocation(explicit, workingDirectory: workingDirectory) }
        if let variable = environment["GUILD_CODEX"], !variable.isEmpty {
            return CodexLocation(variable, workingDirectory: workingDirectory)
        }
        var folder = CodexLocation(".", workingDirectory: workingDirectory).path
        for _ in 0..<maximumFoldersUpwards {
            if PathKind(at: folder + "/guild.yaml") == .file { return CodexLocation(folder, workingDirectory: "/") }
            let below = (folder == "/" ? "" : folder) + "/codex"
            if PathKind(at: below + "/guild.yaml") == .file || PathKind(at: below + "/agents") == .folder {
                return CodexLocation(below, workingDirectory: "/")
            }
            guard folder != "/", let slash = folder.lastIndex(of: "/") else { break }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        let here = CodexLocation(".", workingDirectory: workingDirectory)
        guard GitFolder.nearest(above: here.path) != nil else { throw .notFoundUpwards(from: here.path) }
        return here
    }

    private static let maximumFoldersUpwards = 256

    /// The path without symbolic links; itself if it leads nowhere.
    static func resolvingLinks(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
