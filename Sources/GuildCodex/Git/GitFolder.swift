import Foundation

/// Finds the folders that git keeps repositories in, without libgit2.
package enum GitFolder {
    /// The nearest `.git` folder (or the one that a `.git` file of a linked work tree shares), or bare repository.
    static func nearest(above path: String) -> String? {
        var folder = path
        for _ in 0..<maximumFolders {
            if let found = at(folder) { return found }
            guard folder != "/", let slash = folder.lastIndex(of: "/") else { return nil }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        return nil
    }

    private static func at(_ folder: String) -> String? {
        let below = folder + "/.git"
        if PathKind(at: below + "/HEAD") != nil { return below }
        if PathKind(at: folder + "/HEAD") != nil, PathKind(at: folder + "/objects") == .folder { return folder }
        guard PathKind(at: below) == .file else { return nil }
        // An unreadable `.git` file is not a repository; opening it says why.
        guard let text = try? String(contentsOfFile: below, encoding: .utf8), text.hasPrefix("gitdir:") else {
            return nil
        }
        let named = text.dropFirst("gitdir:".count).trimmingCharacters(in: .whitespacesAndNewlines)
        let linked = CodexLocation(named, workingDirectory: folder).path
        // A linked work tree names the shared folder here; a submodule has none.
        guard PathKind(at: linked + "/commondir") == .file,
            let shared = try? String(contentsOfFile: linked + "/commondir", encoding: .utf8)
        else { return linked }
        return CodexLocation(shared.trimmingCharacters(in: .whitespacesAndNewlines), workingDirectory: linked).path
    }

    /// Whether there is a git directory at a path.
    package static func isThere(_ directory: String) -> Bool { PathKind(at: directory + "/HEAD") == .file }

    static let maximumFolders = 256
}
