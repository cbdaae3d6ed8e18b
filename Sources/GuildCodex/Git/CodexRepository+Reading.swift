import CLibGit2

extension CodexRepository {
    /// The files of the codex at a commit, straight from the object database.
    package func files(at commit: CommitID) throws(CodexRepositoryError) -> [CodexFile] { try tree(at: commit).files }

    /// The files of the codex at a commit, and what was left out.
    ///
    /// The codex is the folder that the location names (or `codex/` in it), else `codex/`, else the root: the first
    /// that has a `guild.yaml`.
    package func tree(at commit: CommitID) throws(CodexRepositoryError) -> CodexTree {
        let (limits, candidates) = (limits, folderCandidates)
        let tree = try attempt { (repository) throws(GitFailure) -> CodexTree? in
            let root = try Self.rootTree(of: commit, in: repository)
            defer { git_tree_free(root) }
            for folder in candidates {
                let marker = folder.isEmpty ? "guild.yaml" : folder + "/guild.yaml"
                guard try Self.hasFile(marker, in: root, of: repository) else { continue }
                var reader = TreeReader(repository: repository, folder: folder, limits: limits)
                return try reader.read(root)
            }
            return nil
        }
        guard let tree else {
            throw .notACodex(place: place, revision: commit.short, folder: namedFolder ?? "")
        }
        return tree
    }

    /// Folders that may be the codex, the likeliest first.
    var folderCandidates: [String] { namedFolder.map { [$0, $0 + "/codex"] } ?? ["codex", ""] }

    private static func rootTree(of commit: CommitID, in repository: OpaquePointer) throws(GitFailure) -> OpaquePointer?
    {
        guard var oid = git_oid(commit) else { return nil }
        var object: OpaquePointer?
        defer { git_commit_free(object) }
        try requireWhole(&oid, in: repository)
        try GitFailure.check(git_commit_lookup(&object, repository, &oid))
        try requireWhole(git_commit_tree_id(object), in: repository)
        var tree: OpaquePointer?
        try GitFailure.check(git_commit_tree(&tree, object))
        return tree
    }

    private static func hasFile(
        _ path: String, in tree: OpaquePointer?, of repository: OpaquePointer
    ) throws(GitFailure) -> Bool {
        try requireWholeFolders(above: path, in: tree, of: repository)
        var entry: OpaquePointer?
        defer { git_tree_entry_free(entry) }
        let code = git_tree_entry_bypath(&entry, tree, path)
        if code == GIT_ENOTFOUND.rawValue { return false }
        try GitFailure.check(code)
        return git_tree_entry_type(entry) == GIT_OBJECT_BLOB
    }
}

/// Walks one tree under the limits. Confined to the lock of its repository.
private struct TreeReader {
    let repository: OpaquePointer
    let folder: String
    var builder: CodexTreeBuilder

    init(repository: OpaquePointer, folder: String, limits: CodexLimits) {
        self.repository = repository
        self.folder = folder
        builder = CodexTreeBuilder(folder: folder, limits: limits)
    }

    mutating func read(_ root: OpaquePointer?) throws(GitFailure) -> CodexTree {
        var database: OpaquePointer?
        defer { git_odb_free(database) }
        try GitFailure.check(git_repository_odb(&database, repository))
        if folder.isEmpty {
            try walk(root, prefix: "", depth: 0, database: database)
        } else {
            var entry: OpaquePointer?
            defer { git_tree_entry_free(entry) }
            try GitFailure.check(git_tree_entry_bypath(&entry, root, folder))
            try walkFolder(entry, prefix: "", depth: 0, database: database)
        }
        return builder.finished()
    }

    private mutating func walkFolder(
        _ entry: OpaquePointer?, prefix: String, depth: Int, database: OpaquePointer?
    ) throws(GitFailure) {
        var tree: OpaquePointer?
        defer { git_tree_free(tree) }
        try CodexRepository.requireWhole(git_tree_entry_id(entry), in: repository)
        try GitFailure.check(git_tree_lookup(&tree, repository, git_tree_entry_id(entry)))
        try walk(tree, prefix: prefix, depth: depth, database: database)
    }

    private mutating func walk(
        _ tree: OpaquePointer?, prefix: String, depth: Int, database: OpaquePointer?
    ) throws(GitFailure) {
        for index in 0..<git_tree_entrycount(tree) {
            guard let entry = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(entry) else {
                continue
            }
            let file = String(cString: name)
            guard !file.hasPrefix(".") else { continue }
            let path = prefix + file
            switch git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE:
                if builder.admitsFolder(path, depth: depth + 1) {
                    try walkFolder(entry, prefix: path + "/", depth: depth + 1, database: database)
                }
            case GIT_FILEMODE_LINK: builder.ignore(path, "a symbolic link")
            case GIT_FILEMODE_COMMIT: builder.ignore(path, "a submodule")
            default: try readBlob(git_tree_entry_id(entry), path: path, database: database)
            }
        }
    }

    /// The header is read first, so that a huge blob is refused before its bytes are inflated.
    private mutating func readBlob(
        _ oid: UnsafePointer<git_oid>?, path: String, database: OpaquePointer?
    ) throws(GitFailure) {
        try CodexRepository.requireWhole(oid, in: repository)
        var (size, type) = (0, GIT_OBJECT_BLOB)
        try GitFailure.check(git_odb_read_header(&size, &type, database, oid))
        guard builder.admits(path, bytes: size) else { return }
        var object: OpaquePointer?
        defer { git_odb_object_free(object) }
        try GitFailure.check(git_odb_read(&object, database, oid))
        let bytes = UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
        builder.add(path, Array(bytes))
    }
}
