import CLibGit2

/// libgit2 1.5 never returns from reading a loose object whose compressed bytes end early, as a full disk or a lost sync
/// leaves them. So each is looked at before it is read. Objects in packs have checksums that the library compares.
extension CodexRepository {
    /// - Throws: where the object stands alone in a file that is cut short.
    static func requireWhole(
        _ oid: UnsafePointer<git_oid>?, in repository: OpaquePointer
    ) throws(GitFailure) {
        guard let oid, let folder = git_repository_commondir(repository) else { return }
        let name = oid.pointee.hex
        let path = String(cString: folder) + "objects/\(name.prefix(2))/\(name.dropFirst(2))"
        guard guild_git_loose_object_is_whole(path) == 0 else { return }
        throw GitFailure(code: GIT_ERROR.rawValue, detail: "object \(name) is cut short")
    }

    /// The folders that a look-up of `path` reads on its way down from `tree`.
    static func requireWholeFolders(
        above path: String, in tree: OpaquePointer?, of repository: OpaquePointer
    ) throws(GitFailure) {
        var folder = ""
        for step in path.split(separator: "/").dropLast() {
            folder += folder.isEmpty ? String(step) : "/\(step)"
            var entry: OpaquePointer?
            defer { git_tree_entry_free(entry) }
            guard git_tree_entry_bypath(&entry, tree, folder) == 0 else { return }
            try requireWhole(git_tree_entry_id(entry), in: repository)
        }
    }

    /// The object that a revision begins from: of `main~2:codex` that of `main`. One that is no ref and no full hash is
    /// not looked at.
    static func requireWholeStart(of revision: String, in repository: OpaquePointer) throws(GitFailure) {
        let start = String(revision.prefix { !"~^:@".contains($0) })
        var oid = git_oid()
        if git_oid_fromstr(&oid, start) == 0 { return try requireWhole(&oid, in: repository) }
        var (reference, resolved, database): (OpaquePointer?, OpaquePointer?, OpaquePointer?)
        defer {
            git_reference_free(reference)
            git_reference_free(resolved)
            git_odb_free(database)
        }
        guard git_reference_dwim(&reference, repository, start.isEmpty ? "HEAD" : start) == 0,
            git_reference_resolve(&resolved, reference) == 0, let target = git_reference_target(resolved)
        else { return }
        try requireWhole(target, in: repository)
        try GitFailure.check(git_repository_odb(&database, repository))
        guard git_odb_exists(database, target) == 1 else {
            throw GitFailure(code: GIT_ERROR.rawValue, detail: "object \(target.pointee.hex) is not there")
        }
    }
}
