import CLibGit2
import Foundation

/// The files of the codex, at a commit or as they are on the disk.
package struct CodexFiles: Sendable {
    private let repository: CodexRepository

    init(of repository: CodexRepository) { self.repository = repository }

    /// The files of the codex at a commit, straight from the object database.
    package func list(at commit: CommitID) throws(CodexRepositoryError) -> [CodexFile] { try tree(at: commit).files }

    /// The files of the codex at a commit, and the omitted ones.
    ///
    /// The codex is the folder that the location names (or `codex/` in it), or else `codex/`, or else the root: the
    /// first that has a `guild.yaml`.
    package func tree(at commit: CommitID) throws(CodexRepositoryError) -> CodexTree {
        try tree(at: commit, memory: nil)
    }

    /// - Parameters:
    ///   - memory: anything unchanged since then is not read again.
    ///   - deadline: the time limit; if it is over or cancelled, that is thrown.
    func tree(
        at commit: CommitID, memory: CodexMemory?, deadline: LoadDeadline? = nil
    ) throws(CodexRepositoryError) -> CodexTree {
        try repository.requireSoundPacks()
        if let reader = repository.reader {
            return try reader.files.tree(at: commit, memory: memory, deadline: deadline)
        }
        let deadline = deadline ?? LoadDeadline(repository.limits.duration)
        let limits = repository.limits
        let candidates = repository.folderCandidates
        let tree = try repository.attempt { (repository) throws(GitFailure) -> CodexTree? in
            let objects = GitObjects(repository)
            let root = try objects.rootFolder(at: commit)
            defer { git_tree_free(root) }
            for folder in candidates {
                let marker = folder.isEmpty ? "guild.yaml" : folder + "/guild.yaml"
                guard try objects.hasFile(marker, in: root) else { continue }
                var reader = TreeReader(repository: repository, folder: folder, limits: limits, deadline: deadline)
                return try reader.read(root, after: memory?.root(of: folder))
            }
            return nil
        }
        try deadline.check(place: repository.place, revision: commit.short)
        guard let tree else {
            throw .notACodex(place: repository.place, revision: commit.short, folder: repository.namedFolder ?? "")
        }
        return tree
    }

    /// The uncommitted files of the codex, read from the disk.
    package func workTree() throws(CodexRepositoryError) -> CodexTree {
        guard let workTree = repository.workTree else { throw .withoutWorkTree(place: repository.gitDirectory) }
        for folder in repository.folderCandidates {
            let path = folder.isEmpty ? workTree : workTree + "/" + folder
            try SpecialFiles.refuse(path + "/guild.yaml")
            guard PathKind(at: path + "/guild.yaml") == .file else { continue }
            return try FolderReader.tree(path, folder: folder, limits: repository.limits)
        }
        throw .notACodex(place: workTree, revision: "the work tree", folder: repository.namedFolder ?? "")
    }

    /// The files of a plain folder, which need not be in a repository.
    package static func ofFolder(
        _ path: String, limits: CodexLimits = CodexLimits()
    ) throws(CodexRepositoryError) -> CodexTree {
        try FolderReader.tree(path, folder: "", limits: limits)
    }

    /// A digest of paths and contents: 40 hexadecimal digits, equal exactly for equal trees.
    static func digest(of files: [CodexFile]) -> String {
        // Git's own object hash replaces a cryptography library; opening the repository refuses a failed start.
        guard GitLibrary.status >= 0 else { return "" }
        var listing: [UInt8] = []
        for file in files {
            listing += Array("\(blobHash(file.bytes)) \(file.path)".utf8) + [0]
        }
        return blobHash(listing)
    }

    private static func blobHash(_ bytes: [UInt8]) -> String {
        var oid = git_oid()
        _ = bytes.withUnsafeBytes { git_odb_hash(&oid, $0.baseAddress, $0.count, GIT_OBJECT_BLOB) }
        return oid.hex
    }
}

/// Walks one tree under the limits. Confined to the lock of its repository.
private struct TreeReader {
    let repository: OpaquePointer
    let folder: String
    var builder: CodexTreeBuilder
    private var loose: LooseFolders

    init(repository: OpaquePointer, folder: String, limits: CodexLimits, deadline: LoadDeadline) {
        self.repository = repository
        self.folder = folder
        loose = LooseFolders(of: repository)
        builder = CodexTreeBuilder(folder: folder, limits: limits, deadline: deadline)
    }

    mutating func read(_ root: OpaquePointer?, after earlier: FolderMemory?) throws(GitFailure) -> CodexTree {
        var database: OpaquePointer?
        defer { git_odb_free(database) }
        try GitFailure.check(git_repository_odb(&database, repository))
        let memory: FolderMemory
        if folder.isEmpty {
            let place = Place(tree: git_tree_id(root)?.pointee.blob, prefix: "", depth: 0, earlier: earlier)
            memory = try walk(root, place, database)
        } else {
            var entry: OpaquePointer?
            defer { git_tree_entry_free(entry) }
            try GitFailure.check(git_tree_entry_bypath(&entry, root, folder))
            memory = try walkFolder(entry, prefix: "", depth: 0, earlier, database)
        }
        var tree = builder.finished()
        if !tree.problems.contains(where: { $0.severity == .error }) { tree.memory = memory }
        return tree
    }

    /// A folder on the way.
    private struct Place {
        let tree: BlobID?
        let prefix: String
        let depth: Int
        /// The folder's content in the previous commit.
        let earlier: FolderMemory?
    }

    private mutating func walkFolder(
        _ entry: OpaquePointer?, prefix: String, depth: Int, _ earlier: FolderMemory?, _ database: OpaquePointer?
    ) throws(GitFailure) -> FolderMemory {
        let oid = git_tree_entry_id(entry)
        if let earlier, earlier.tree == oid?.pointee.blob {
            repeatUnchanged(earlier)
            return earlier
        }
        let tree = try GitObjects(repository).folder(oid)
        defer { git_tree_free(tree) }
        return try walk(
            tree, Place(tree: oid?.pointee.blob, prefix: prefix, depth: depth, earlier: earlier), database)
    }

    private mutating func repeatUnchanged(_ folder: FolderMemory) {
        guard builder.admits(entries: folder.entries) else { return }
        for entry in folder.ignored { builder.ignore(entry) }
        for file in folder.files where builder.admits(file.path, bytes: file.bytes.count) { builder.add(file) }
        for below in folder.folders.values { repeatUnchanged(below) }
    }

    private mutating func walk(
        _ tree: OpaquePointer?, _ place: Place, _ database: OpaquePointer?
    ) throws(GitFailure) -> FolderMemory {
        var files: [CodexFile] = []
        var folders: [String: FolderMemory] = [:]
        var ignored: [CodexTreeBuilder.Ignored] = []
        // Both lists are in git's order, so that one pass finds the unchanged entries.
        var earlier = (place.earlier?.files ?? [])[...]
        let entries = git_tree_entrycount(tree)
        for index in 0..<entries {
            guard builder.admits(entries: 1) else { break }
            guard let entry = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(entry) else {
                continue
            }
            guard builder.admits(pathBytes: place.prefix.utf8.count + strlen(name), in: place.prefix) else { break }
            let file = String(cString: name)
            guard !file.hasPrefix(".") else { continue }
            let path = place.prefix + file
            switch git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE:
                if builder.admitsFolder(path, depth: place.depth + 1) {
                    folders[file] = try walkFolder(
                        entry, prefix: path + "/", depth: place.depth + 1, place.earlier?.folders[file], database)
                }
            case GIT_FILEMODE_LINK: ignored.append(.init(path: path, what: "a symbolic link"))
            case GIT_FILEMODE_COMMIT: ignored.append(.init(path: path, what: "a submodule"))
            default:
                let oid = git_tree_entry_id(entry)
                while let first = earlier.first, first.path.utf8.lexicographicallyPrecedes(path.utf8) {
                    earlier.removeFirst()
                }
                if let known = earlier.first, known.path == path, known.blob == oid?.pointee.blob {
                    if builder.admits(path, bytes: known.bytes.count) { builder.add(known) }
                    files.append(known)
                } else if let read = try readBlob(oid, path: path, database: database) {
                    files.append(read)
                }
            }
        }
        for entry in ignored { builder.ignore(entry) }
        let empty = BlobID(high: 0, middle: 0, low: 0)
        return FolderMemory(
            tree: place.tree ?? empty, files: files, folders: folders, ignored: ignored, entries: entries)
    }

    /// The header is read first, so that a huge blob is refused before its bytes are inflated.
    private mutating func readBlob(
        _ oid: UnsafePointer<git_oid>?, path: String, database: OpaquePointer?
    ) throws(GitFailure) -> CodexFile? {
        if loose.mayHold(oid) { try GitObjects(repository).requireWhole(oid) }
        var size = 0
        var type = GIT_OBJECT_BLOB
        try GitFailure.check(git_odb_read_header(&size, &type, database, oid))
        guard builder.admits(path, bytes: size) else { return nil }
        var object: OpaquePointer?
        defer { git_odb_object_free(object) }
        try GitFailure.check(git_odb_read(&object, database, oid))
        let bytes = UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
        let file = CodexFile(path: path, bytes: Array(bytes), blob: oid?.pointee.blob)
        builder.add(file)
        return file
    }
}
