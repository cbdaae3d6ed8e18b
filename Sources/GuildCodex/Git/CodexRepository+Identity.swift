import CLibGit2
import Foundation
package import GuildDomain

/// Where a repository is: the git directory that its work trees share.
package struct RepositoryPlace: Sendable, Hashable {
    /// Absolute, without symbolic links.
    package let path: String
    /// Together with `inode`, the identity that survives a rename of the folder and differs in a copy; 0 if it cannot
    /// be read.
    package let device: UInt64
    /// The inode on `device`; 0 if it cannot be read.
    package let inode: UInt64

    package init(path: String, device: UInt64, inode: UInt64) {
        self.path = path
        self.device = device
        self.inode = inode
    }

    /// `shop` of `/srv/shop/.git` and of `/srv/shop.git`.
    package var name: String {
        var steps = path.split(separator: "/").map(String.init)
        if steps.last == ".git" { steps.removeLast() }
        let name = steps.last ?? ""
        let bare = name.hasSuffix(".git") ? String(name.dropLast(".git".count)) : name
        return bare.isEmpty ? "codex" : bare
    }
}

/// The codex's own name, kept as `guild.id` in the configuration of the git directory that all work trees share. Git
/// copies that file into no clone, fork or bundle; only that very file is read, and not the user's or the host's.
extension CodexRepository {
    /// The folder that distinguishes two codices of one repository; empty for the one at the root or in `codex/`.
    package var codexFolder: String {
        guard let named = namedFolder, named != "codex" else { return "" }
        return named.hasSuffix("/codex") ? String(named.dropLast("/codex".count)) : named
    }

    /// The place of the git directory that all work trees share.
    package func sharedPlace() throws(CodexRepositoryError) -> RepositoryPlace {
        let path = Self.resolvingLinks(try commonDirectory())
        var status = stat()
        guard stat(path, &status) == 0 else { return RepositoryPlace(path: path, device: 0, inode: 0) }
        return RepositoryPlace(path: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// The id of this codex; nil if it has none yet.
    ///
    /// - Throws: if the key holds something else.
    package func codexID() throws -> CodexID? {
        try Self.codexID(of: codexFolder, inShared: try commonDirectory())
    }

    /// The id that the codex in `folder` of another repository has, by the path of its shared git directory.
    package static func codexID(of folder: String, inShared directory: String) throws(Failure) -> CodexID? {
        let path = directory + "/config"
        guard PathKind(at: path) == .file else { return nil }
        guard GitLibrary.status >= 0 else { throw Failure(.unavailable, "libgit2 cannot start") }
        var configuration: OpaquePointer?
        defer { git_config_free(configuration) }
        guard git_config_open_ondisk(&configuration, path) == 0 else {
            throw Failure(.unavailable, "\(path): cannot be read: \(GitLibrary.lastError())")
        }
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        let key = idKey(of: folder)
        guard git_config_get_string_buf(&buffer, configuration, key) == 0, let text = buffer.ptr else { return nil }
        guard let id = CodexID(String(cString: text)) else {
            throw Failure(
                .unavailable, "\(path): \(key) is not a codex id: 32 hexadecimal digits",
                hint: "remove it: git config --file '\(path)' --unset-all \(key)")
        }
        return id
    }

    /// Gives this codex its id, or another one.
    ///
    /// The caller holds the lock of `withSharedLock`, so that of two first commands one decides.
    /// - Returns: false if the repository is not ours to write to.
    package func setCodexID(_ id: CodexID) throws -> Bool {
        let directory = try commonDirectory()
        let path = directory + "/config"
        // A file that we create in another user's repository would be ours, and perhaps unreadable to its owner.
        var status = stat()
        guard stat(directory, &status) == 0, status.st_uid == geteuid(), access(directory, W_OK) == 0,
            stat(path, &status) != 0 || (status.st_uid == geteuid() && access(path, W_OK) == 0)
        else { return false }
        var configuration: OpaquePointer?
        defer { git_config_free(configuration) }
        guard git_config_open_ondisk(&configuration, path) == 0 else {
            throw Failure(.unavailable, "\(path): cannot be read: \(GitLibrary.lastError())")
        }
        for _ in 0..<Self.lockTries {
            let code = git_config_set_string(configuration, Self.idKey(of: codexFolder), id.description)
            if code == 0 { return true }
            guard code == GIT_ELOCKED.rawValue else {
                throw Failure(.unavailable, "\(path): cannot store the codex's id: \(GitLibrary.lastError())")
            }
            // `git config` holds its lock for as long as it writes.
            usleep(Self.lockPauseMicroseconds)
        }
        throw Failure(
            .unavailable, "\(path): cannot store the codex's id: the file is locked",
            hint: "is a git command running? If not, it may have left the lock \(path).lock")
    }

    /// Runs `body` while no other guild gives this repository an id.
    package func withSharedLock<Value>(_ body: () throws -> Value) throws -> Value {
        let descriptor = Glibc.open(try commonDirectory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A folder that cannot be opened cannot be written to either; then the state folder's lock is enough.
        guard descriptor >= 0 else { return try body() }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try body()
    }

    /// The commits without a parent that a commit comes from, by their names; none if that cannot be known: its history
    /// is too long to look at, or was cut off by a shallow clone.
    package func roots(of commit: CommitID) throws(CodexRepositoryError) -> [CommitID] {
        let roots = try attempt { (repository) throws(GitFailure) -> [CommitID] in
            var walk: OpaquePointer?
            defer { git_revwalk_free(walk) }
            guard var oid = git_oid(commit), git_repository_is_shallow(repository) == 0 else { return [] }
            try Self.requireWhole(&oid, in: repository)
            try GitFailure.check(git_revwalk_new(&walk, repository))
            try GitFailure.check(git_revwalk_push(walk, &oid))
            var roots: [CommitID] = []
            for _ in 0..<Self.maximumHistory {
                let code = git_revwalk_next(&oid, walk)
                if code == GIT_ITEROVER.rawValue { return roots }
                try GitFailure.check(code)
                var object: OpaquePointer?
                defer { git_commit_free(object) }
                try Self.requireWhole(&oid, in: repository)
                try GitFailure.check(git_commit_lookup(&object, repository, &oid))
                if git_commit_parentcount(object) == 0, let root = CommitID(oid.hex) { roots.append(root) }
            }
            return []
        }
        return roots.sorted { $0.hex < $1.hex }
    }

    /// The organisation's name in the codex's `guild.yaml` at a commit; nil if that cannot be read.
    package func organisation(at commit: CommitID) throws(CodexRepositoryError) -> String? {
        let candidates = folderCandidates
        let bytes = try attempt { (repository) throws(GitFailure) -> [UInt8]? in
            guard var oid = git_oid(commit) else { return nil }
            let object = try Self.lookUp(&oid, in: repository)
            defer { git_commit_free(object) }
            let tree = try Self.rootFolder(of: object, in: repository)
            defer { git_tree_free(tree) }
            for folder in candidates {
                let path = folder.isEmpty ? "guild.yaml" : folder + "/guild.yaml"
                try Self.requireWholeFolders(above: path, in: tree, of: repository)
                var entry: OpaquePointer?
                defer { git_tree_entry_free(entry) }
                guard git_tree_entry_bypath(&entry, tree, path) == 0 else { continue }
                return try Self.smallBlob(git_tree_entry_id(entry), in: repository)
            }
            return nil
        }
        guard let bytes else { return nil }
        let file = CodexFile(path: "guild.yaml", bytes: bytes, blob: nil)
        func member(_ key: String, of reader: NodeReader) -> NodeReader? {
            reader.members().first { $0.key == key }?.value
        }
        // Loading the codex reports its problems.
        let guild = ManifestParser.documents(of: file, findings: Findings()).first {
            member("kind", of: $0)?.text() == "Guild"
        }
        return guild.flatMap { member("metadata", of: $0) }.flatMap { member("name", of: $0)?.text() }
    }

    private static func smallBlob(
        _ oid: UnsafePointer<git_oid>?, in repository: OpaquePointer
    ) throws(GitFailure) -> [UInt8]? {
        try requireWhole(oid, in: repository)
        var database: OpaquePointer?
        defer { git_odb_free(database) }
        try GitFailure.check(git_repository_odb(&database, repository))
        var (size, type) = (0, GIT_OBJECT_BLOB)
        try GitFailure.check(git_odb_read_header(&size, &type, database, oid))
        guard type == GIT_OBJECT_BLOB, size <= ManifestParser.Limit.fileBytes else { return nil }
        var object: OpaquePointer?
        defer { git_odb_object_free(object) }
        try GitFailure.check(git_odb_read(&object, database, oid))
        return Array(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    /// The folders of all work trees of this repository that are known, this one among them.
    package func workTrees() throws(CodexRepositoryError) -> [String] {
        let common = try commonDirectory()
        var folders = workTree.map { [$0] } ?? []
        if common.hasSuffix("/.git") { folders.append(String(common.dropLast("/.git".count))) }
        // A repository without linked work trees has no such folder.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: common + "/worktrees")) ?? []
        for name in names.sorted().prefix(Self.maximumWorkTrees) {
            // One that is being removed is no longer one.
            guard let text = try? String(contentsOfFile: "\(common)/worktrees/\(name)/gitdir", encoding: .utf8) else {
                continue
            }
            let file = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if file.hasSuffix("/.git") { folders.append(String(file.dropLast("/.git".count))) }
        }
        var seen: Set<String> = []
        return folders.filter { seen.insert($0).inserted }
    }

    /// Whether there is a git directory at a path.
    package static func isThere(_ directory: String) -> Bool { PathKind(at: directory + "/HEAD") == .file }

    static func idKey(of folder: String) -> String { folder.isEmpty ? "guild.id" : "guild.\(folder).id" }

    /// A second in all.
    static let lockTries = 50
    static let lockPauseMicroseconds: UInt32 = 20_000
    /// Commits looked at for the roots: some seconds' work, once in a ledger's life.
    private static let maximumHistory = 500_000
    private static let maximumWorkTrees = 256
}
