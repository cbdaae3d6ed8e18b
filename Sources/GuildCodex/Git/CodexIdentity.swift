import CLibGit2
import Foundation
package import GuildDomain

/// Which codex this is: its own name, its place and its origin.
///
/// The name is kept as `guild.id` in the configuration of the git directory that all work trees share. Git
/// copies that file into no clone, fork or bundle; only that very file is read, and not the user's or the host's.
package struct CodexIdentity: Sendable {
    private let repository: CodexRepository

    init(of repository: CodexRepository) { self.repository = repository }

    /// The folder that distinguishes two codices of one repository; empty for the one at the root or in `codex/`.
    package var folder: String {
        guard let named = repository.namedFolder, named != "codex" else { return "" }
        return named.hasSuffix("/codex") ? String(named.dropLast("/codex".count)) : named
    }

    /// The place of the git directory that all work trees share.
    package func sharedPlace() throws(CodexRepositoryError) -> RepositoryPlace {
        let path = CodexLocation.resolvingLinks(try repository.commonDirectory())
        var status = stat()
        guard stat(path, &status) == 0 else { return RepositoryPlace(path: path, device: 0, inode: 0) }
        return RepositoryPlace(path: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// The id of this codex; nil if it has none yet.
    ///
    /// - Throws: if the key holds something else.
    package func id() throws -> CodexID? {
        try Self.id(of: folder, inShared: try repository.commonDirectory())
    }

    /// The id that the codex in `folder` of another repository has, by the path of its shared git directory.
    package static func id(of folder: String, inShared directory: String) throws(Failure) -> CodexID? {
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
    package func setID(_ id: CodexID) throws -> Bool {
        let directory = try repository.commonDirectory()
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
        for _ in 0..<GitLock.tries {
            let code = git_config_set_string(configuration, Self.idKey(of: folder), id.description)
            if code == 0 { return true }
            guard code == GIT_ELOCKED.rawValue else {
                throw Failure(.unavailable, "\(path): cannot store the codex's id: \(GitLibrary.lastError())")
            }
            // `git config` holds its lock for as long as it writes.
            usleep(GitLock.pauseMicroseconds)
        }
        throw Failure(
            .unavailable, "\(path): cannot store the codex's id: the file is locked",
            hint: "is a git command running? If not, it may have left the lock \(path).lock")
    }

    /// Runs `body` while no other guild gives this repository an id.
    package func withSharedLock<Value>(_ body: () throws -> Value) throws -> Value {
        let descriptor = Glibc.open(try repository.commonDirectory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A folder that cannot be opened cannot be written to either; then the state folder's lock is enough.
        guard descriptor >= 0 else { return try body() }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try body()
    }

    /// The organisation's name in the codex's `guild.yaml` at a commit; nil if that cannot be read.
    package func organisation(at commit: CommitID) throws(CodexRepositoryError) -> String? {
        let candidates = repository.folderCandidates
        let bytes = try repository.attempt { (repository) throws(GitFailure) -> [UInt8]? in
            let objects = GitObjects(repository)
            guard let tree = try objects.rootFolder(at: commit) else { return nil }
            defer { git_tree_free(tree) }
            for folder in candidates {
                let path = folder.isEmpty ? "guild.yaml" : folder + "/guild.yaml"
                try objects.requireWholeFolders(above: path, in: tree)
                var entry: OpaquePointer?
                defer { git_tree_entry_free(entry) }
                guard git_tree_entry_bypath(&entry, tree, path) == 0 else { continue }
                return try objects.smallBlob(git_tree_entry_id(entry))
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

    /// The folders of all work trees of this repository that are known, this one among them.
    package func workTrees() throws(CodexRepositoryError) -> [String] {
        let common = try repository.commonDirectory()
        var folders = repository.workTree.map { [$0] } ?? []
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

    static func idKey(of folder: String) -> String { folder.isEmpty ? "guild.id" : "guild.\(folder).id" }

    private static let maximumWorkTrees = 256
}
