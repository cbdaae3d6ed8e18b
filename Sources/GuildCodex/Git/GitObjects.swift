import CLibGit2
import Foundation

/// Reads the objects of a repository, each of them checked first. Confined to the lock of the repository's handle.
///
/// libgit2 1.5 never returns from reading a loose object whose compressed bytes end early, as a full disk or a lost sync
/// leaves them. So each is looked at before it is read. Objects in packs have checksums that the library compares.
struct GitObjects {
    private let repository: OpaquePointer

    init(_ repository: OpaquePointer) { self.repository = repository }

    /// - Throws: if the object is in a file of its own and that is truncated.
    func requireWhole(_ oid: UnsafePointer<git_oid>?) throws(GitFailure) {
        guard let oid, let shared = git_repository_commondir(repository) else { return }
        let name = oid.pointee.hex
        let path = String(cString: shared) + "objects/\(name.prefix(2))/\(name.dropFirst(2))"
        let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        // Anything but a plain file is not an object, and must not block its reader.
        if SpecialFiles.name(at: path) == nil {
            guard guild_git_loose_object_is_whole(descriptor, ObjectLimit.folderBytes) == 0 else { return }
        } else {
            close(descriptor)
        }
        throw GitFailure(code: GIT_ERROR.rawValue, detail: "object \(name) is truncated")
    }

    /// Does what `requireWhole` does, and refuses an object whose header claims more than its limit. The size of
    /// commits and folders is only known after reading them whole.
    func requireModest(_ oid: UnsafePointer<git_oid>?, _ what: String, _ limitBytes: Int) throws(GitFailure) {
        try requireWhole(oid)
        let size = try withHeader(oid) { header in header.size }
        guard size > limitBytes else { return }
        throw .tooLarge("\(what) \(oid?.pointee.hex ?? "") of \(size) bytes, expected at most \(limitBytes)")
    }

    /// The commit, unless it is damaged or larger than a commit is.
    func commit(_ oid: inout git_oid) throws(GitFailure) -> OpaquePointer? {
        try requireModest(&oid, "a commit", ObjectLimit.commitBytes)
        var commit: OpaquePointer?
        let code = git_commit_lookup(&commit, repository, &oid)
        try check(code, of: "commit", &oid)
        return commit
    }

    /// The folder that a commit is of.
    func rootFolder(of commit: OpaquePointer?) throws(GitFailure) -> OpaquePointer? {
        try folder(git_commit_tree_id(commit))
    }

    /// The folder, unless it is damaged or larger than a folder is.
    func folder(_ oid: UnsafePointer<git_oid>?) throws(GitFailure) -> OpaquePointer? {
        try requireModest(oid, "a folder", ObjectLimit.folderBytes)
        var tree: OpaquePointer?
        try check(git_tree_lookup(&tree, repository, oid), of: "folder", oid)
        return tree
    }

    /// - Throws: `malformed` if the look-up of an object failed although its bytes match its name.
    private func check(_ code: Int32, of what: String, _ oid: UnsafePointer<git_oid>?) throws(GitFailure) {
        guard code < 0 else { return }
        let failure = GitFailure(code: code, detail: GitLibrary.lastError())
        var (database, object): (OpaquePointer?, OpaquePointer?)
        defer {
            git_odb_object_free(object)
            git_odb_free(database)
        }
        // The library compares the digest.
        guard let oid, git_repository_odb(&database, repository) == 0, git_odb_read(&object, database, oid) == 0 else {
            throw failure
        }
        throw .malformed("\(what) \(oid.pointee.hex) is malformed: \(failure.detail)")
    }

    /// The commit that a revision names directly: the target of a ref, or a full hash. It is not read, so that an
    /// unreadable one can still be refused by its name.
    func namedCommit(_ revision: String) -> CommitID? {
        var oid = git_oid()
        if git_oid_fromstr(&oid, revision) != 0 {
            var (reference, resolved): (OpaquePointer?, OpaquePointer?)
            defer {
                git_reference_free(reference)
                git_reference_free(resolved)
            }
            guard git_reference_dwim(&reference, repository, revision == "@" ? "HEAD" : revision) == 0,
                git_reference_resolve(&resolved, reference) == 0, let target = git_reference_target(resolved)
            else { return nil }
            oid = target.pointee
        }
        var database: OpaquePointer?
        defer { git_odb_free(database) }
        var size = 0
        var type = GIT_OBJECT_ANY
        guard git_repository_odb(&database, repository) == 0,
            git_odb_read_header(&size, &type, database, &oid) == 0, type == GIT_OBJECT_COMMIT
        else { return nil }
        return CommitID(oid.hex)
    }

    /// The commit that an object is, or that the tags around it end at. Takes over the object.
    func peeled(_ object: OpaquePointer?) throws(GitFailure) -> OpaquePointer? {
        var current = object
        defer { git_object_free(current) }
        for _ in 0..<ObjectLimit.tags where git_object_type(current) == GIT_OBJECT_TAG {
            try requireModest(git_tag_target_id(current), "an object", ObjectLimit.folderBytes)
            var next: OpaquePointer?
            try GitFailure.check(git_tag_target(&next, current))
            git_object_free(current)
            current = next
        }
        guard git_object_type(current) != GIT_OBJECT_TAG else {
            throw .tooLarge("tags of tags, more than \(ObjectLimit.tags) deep")
        }
        var commit: OpaquePointer?
        try GitFailure.check(git_object_peel(&commit, current, GIT_OBJECT_COMMIT))
        return commit
    }

    /// The folders that a look-up of `path` reads on its way down from `tree`.
    func requireWholeFolders(above path: String, in tree: OpaquePointer?) throws(GitFailure) {
        var above = ""
        for step in path.split(separator: "/").dropLast() {
            above += above.isEmpty ? String(step) : "/\(step)"
            var entry: OpaquePointer?
            defer { git_tree_entry_free(entry) }
            guard git_tree_entry_bypath(&entry, tree, above) == 0 else { return }
            guard git_tree_entry_type(entry) == GIT_OBJECT_TREE else { return }
            git_tree_free(try folder(git_tree_entry_id(entry)))
        }
    }

    /// The object from which a revision starts: for `main~2:codex` that of `main`. A start that is neither a ref nor a
    /// full hash is not checked.
    func requireWholeStart(of revision: String) throws(GitFailure) {
        let start = String(revision.prefix { !"~^:@".contains($0) })
        var oid = git_oid()
        if git_oid_fromstr(&oid, start) == 0 {
            // The look-up reports a missing object.
            guard (try? exists(&oid)) == true else { return try requireWhole(&oid) }
            return try requireModest(&oid, "an object", ObjectLimit.folderBytes)
        }
        var (reference, resolved): (OpaquePointer?, OpaquePointer?)
        defer {
            git_reference_free(reference)
            git_reference_free(resolved)
        }
        guard git_reference_dwim(&reference, repository, start.isEmpty ? "HEAD" : start) == 0,
            git_reference_resolve(&resolved, reference) == 0, let target = git_reference_target(resolved)
        else { return }
        try requireWhole(target)
        guard try exists(target) else {
            throw GitFailure(code: GIT_ERROR.rawValue, detail: "object \(target.pointee.hex) is missing")
        }
        try requireModest(target, "an object", ObjectLimit.folderBytes)
    }

    private func exists(_ oid: UnsafePointer<git_oid>?) throws(GitFailure) -> Bool {
        var database: OpaquePointer?
        defer { git_odb_free(database) }
        try GitFailure.check(git_repository_odb(&database, repository))
        return git_odb_exists(database, oid) == 1
    }

    /// The root folder of a commit; nil if it is no hash of one.
    func rootFolder(at commit: CommitID) throws(GitFailure) -> OpaquePointer? {
        guard var oid = git_oid(commit) else { return nil }
        let object = try self.commit(&oid)
        defer { git_commit_free(object) }
        return try rootFolder(of: object)
    }

    /// The name of the file or folder at `path` below `tree`; nil if there is nothing.
    func blob(_ path: String, in tree: OpaquePointer?) throws(GitFailure) -> BlobID? {
        try requireWholeFolders(above: path, in: tree)
        var entry: OpaquePointer?
        defer { git_tree_entry_free(entry) }
        let code = git_tree_entry_bypath(&entry, tree, path)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try GitFailure.check(code)
        return git_tree_entry_id(entry)?.pointee.blob
    }

    /// Whether there is a file at `path` below `tree`.
    func hasFile(_ path: String, in tree: OpaquePointer?) throws(GitFailure) -> Bool {
        try requireWholeFolders(above: path, in: tree)
        var entry: OpaquePointer?
        defer { git_tree_entry_free(entry) }
        let code = git_tree_entry_bypath(&entry, tree, path)
        if code == GIT_ENOTFOUND.rawValue { return false }
        try GitFailure.check(code)
        return git_tree_entry_type(entry) == GIT_OBJECT_BLOB
    }

    /// The bytes of a blob that is not larger than a manifest; nil for anything else.
    func smallBlob(_ oid: UnsafePointer<git_oid>?) throws(GitFailure) -> [UInt8]? {
        try requireWhole(oid)
        return try withHeader(oid) { header throws(GitFailure) in
            guard header.type == GIT_OBJECT_BLOB, header.size <= ManifestParser.Limit.fileBytes else { return nil }
            var object: OpaquePointer?
            defer { git_odb_object_free(object) }
            try GitFailure.check(git_odb_read(&object, header.database, oid))
            return Array(
                UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
        }
    }

    private typealias Header = (size: Int, type: git_object_t, database: OpaquePointer?)

    /// Hands on what an object's header claims, with the database that the object is in.
    private func withHeader<Value>(
        _ oid: UnsafePointer<git_oid>?, _ use: (Header) throws(GitFailure) -> Value
    ) throws(GitFailure) -> Value {
        var database: OpaquePointer?
        defer { git_odb_free(database) }
        try GitFailure.check(git_repository_odb(&database, repository))
        var size = 0
        var type = GIT_OBJECT_ANY
        try GitFailure.check(git_odb_read_header(&size, &type, database, oid))
        return try use((size, type, database))
    }
}

/// The size limits of objects that must be read whole before their content is known.
enum ObjectLimit {
    /// A message, and some 20,000 parents.
    static let commitBytes = 1 << 20
    /// Some 300,000 names.
    static let folderBytes = 16 << 20
    /// Tags of tags.
    static let tags = 32
}
