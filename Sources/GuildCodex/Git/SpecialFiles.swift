import Foundation

/// A named pipe in place of a file blocks its reader until somebody writes, and a device may return bytes forever. Git
/// and libgit2 open whatever they find, so guild checks files before they are opened.
enum SpecialFiles {
    /// Files of a repository, below its own folder or the one that its work trees share.
    private static let files = [
        "HEAD", "config", "config.worktree", "packed-refs", "index", "commondir", "gitdir", "shallow",
        "info/attributes",
        "info/exclude", "info/grafts", "objects/info/alternates", "objects/info/commit-graph",
        "objects/pack/multi-pack-index",
    ]
    private static let largest = [("HEAD", 1 << 20), ("config", 16 << 20), ("packed-refs", 1 << 30)]
    private static let configurationLimitBytes = 1 << 20
    private static let includesLimit = 64
    private static let includesDepth = 10

    /// - Throws: `notAFile` for the first file of the repository around `path` that is none.
    static func refuse(around path: String) throws(CodexRepositoryError) {
        guard let shared = GitFolder.nearest(above: path) else { return }
        var left = includesLimit
        for name in files { try refuse(shared + "/" + name) }
        // libgit2 takes these whole into memory.
        for (name, limit) in largest {
            var status = stat()
            guard stat(shared + "/" + name, &status) == 0, status.st_size > limit else { continue }
            throw .unreadable(place: shared + "/" + name, detail: "larger than \(limit >> 20) MiB")
        }
        for name in ["config", "config.worktree"] {
            try refuseIncludes(of: shared + "/" + name, depth: 0, left: &left)
        }
        // A linked work tree has a folder of its own beside the shared one.
        guard let own = linkedFolder(above: path), own != shared else { return }
        for name in ["HEAD", "config.worktree", "commondir", "gitdir", "index"] { try refuse(own + "/" + name) }
        try refuseIncludes(of: own + "/config.worktree", depth: 0, left: &left)
    }

    /// - Throws: `notAFile` if there is something other than a file at `path`.
    static func refuse(_ path: String) throws(CodexRepositoryError) {
        guard let found = name(at: path) else { return }
        throw .notAFile(path: path, found: found)
    }

    /// The kind of thing at `path`, following links; nil for a file, and for nothing.
    static func name(at path: String) -> String? {
        var status = stat()
        guard !path.utf8.contains(0), stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return nil
        case S_IFDIR: return "a folder"
        case S_IFIFO: return "a named pipe"
        case S_IFSOCK: return "a socket"
        default: return "a device"
        }
    }

    /// Like `refuse`, for a ref, in whose place there may be a folder of further refs.
    static func refuseReference(_ path: String) throws(CodexRepositoryError) {
        guard let found = name(at: path), found != "a folder" else { return }
        throw .notAFile(path: path, found: found)
    }

    /// Checks every loose ref below a folder, before a caller lists them all.
    static func refuseReferences(below folder: String, left: inout Int) throws(CodexRepositoryError) {
        guard let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        while left > 0, let entry = readdir(stream) {
            left -= 1
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            switch Int32(entry.pointee.d_type) {
            case Int32(DT_REG): break
            case Int32(DT_DIR): try refuseReferences(below: folder + "/" + name, left: &left)
            default: try refuseReference(folder + "/" + name)
            }
        }
    }

    /// Git's configuration may name further files (git-config(1), "Includes").
    private static func refuseIncludes(
        of path: String, depth: Int, left: inout Int
    ) throws(CodexRepositoryError) {
        guard depth < includesDepth, let text = configuration(path) else { return }
        var isInclude = false
        for line in text.split(whereSeparator: \.isNewline) {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.hasPrefix("[") { isInclude = trimmed.lowercased().hasPrefix("[include") }
            // A key may follow on the line of its section.
            let setting = trimmed.hasPrefix("[") ? String(trimmed.drop { $0 != "]" }.dropFirst()) : trimmed
            let parts = setting.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard isInclude, parts.count == 2, parts[0].lowercased() == "path" else { continue }
            guard left > 0 else { return }
            left -= 1
            var named = parts[1].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
            if named.hasPrefix("~/") { named = NSHomeDirectory() + named.dropFirst() }
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            let included = CodexLocation(named, workingDirectory: "/" + folder).path
            try refuse(included)
            try refuseIncludes(of: included, depth: depth + 1, left: &left)
        }
    }

    private static func configuration(_ path: String) -> String? {
        guard PathKind(at: path) == .file, let file = FileHandle(forReadingAtPath: path) else { return nil }
        // libgit2 reports an unreadable file.
        guard let bytes = try? file.read(upToCount: configurationLimitBytes) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The folder that a `.git` file upwards of `path` names.
    private static func linkedFolder(above path: String) -> String? {
        var folder = path
        for _ in 0..<GitFolder.maximumFolders {
            let below = folder + "/.git"
            if PathKind(at: below) == .folder { return nil }
            if PathKind(at: below) == .file {
                guard let text = configuration(below), text.hasPrefix("gitdir:") else { return nil }
                let named = text.dropFirst("gitdir:".count).trimmingCharacters(in: .whitespacesAndNewlines)
                return CodexLocation(named, workingDirectory: folder).path
            }
            guard folder != "/", let slash = folder.lastIndex(of: "/") else { return nil }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        return nil
    }
}
