import CLibGit2
import Foundation
package import GuildDomain

/// A git repository made from files, with one commit.
package struct NewRepository: Sendable {
    /// The folder of the new repository.
    package let path: String
    /// Its first commit.
    package let commit: CommitID
    /// The author of the commit: `NAME <EMAIL>`.
    package let author: String
    /// Whether git had no user, so that the commit is by guild itself.
    package let isByGuild: Bool

    /// The author's name if git has no `user.name`.
    package static let fallbackName = "guild"
    /// The author's address if git has no `user.email`.
    package static let fallbackEmail = "guild@localhost"

    /// Creates the folder if necessary, writes the files, and commits them all.
    ///
    /// libgit2 reads git's configuration but neither `GIT_*` variables nor hooks, and does not sign.
    ///
    /// - Throws: `Failure` of kind `.usage` if the folder is not empty, `.unavailable` if it cannot be written; then
    ///   everything that was created in it is removed.
    package static func make(
        at path: String, files: [(path: String, bytes: [UInt8])], message: String
    ) throws(Failure) -> NewRepository {
        guard GitLibrary.status >= 0 else { throw Failure(.unavailable, "libgit2 cannot start") }
        try refuseUsed(path)
        let isThere = PathKind(at: path) != nil
        do {
            for file in files {
                let url = URL(fileURLWithPath: path).appendingPathComponent(file.path)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                // The folder was empty: a file that is there now came from somebody else.
                try Data(file.bytes).write(to: url, options: .withoutOverwriting)
            }
        } catch {
            clear(path, isKept: isThere)
            throw Failure(
                .unavailable, "\(path): cannot write: \(SystemError.words(error))",
                hint: "name a folder on a disk with free space, in a folder that you may write to")
        }
        do {
            return try commit(path, message: message)
        } catch {
            clear(path, isKept: isThere)
            throw Failure(.unavailable, "\(path): cannot create the repository: \(error.detail)")
        }
    }

    /// Removes everything that was created.
    ///
    /// - Parameter isKept: whether the folder itself existed before, empty.
    private static func clear(_ path: String, isKept: Bool) {
        let files = FileManager.default
        // The pending error already names a place that cannot be listed or removed.
        let made = isKept ? (try? files.contentsOfDirectory(atPath: path))?.map { "\(path)/\($0)" } ?? [] : [path]
        for item in made { try? files.removeItem(atPath: item) }
    }

    private static func refuseUsed(_ path: String) throws(Failure) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            throw Failure(.usage, "\(path) is a file", hint: "name a folder that does not exist yet")
        }
        // An unreadable folder counts as used: guild writes nothing into a folder that it cannot list.
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? ["?"]
        guard entries.isEmpty else {
            throw Failure(.usage, "\(path) is not empty", hint: "name a folder that is empty or does not exist yet")
        }
    }

    private static func commit(_ path: String, message: String) throws(GitFailure) -> NewRepository {
        var repository: OpaquePointer?
        try GitFailure.check(git_repository_init(&repository, path, 0))
        defer { git_repository_free(repository) }
        var index: OpaquePointer?
        try GitFailure.check(git_repository_index(&index, repository))
        defer { git_index_free(index) }
        try GitFailure.check(git_index_add_all(index, nil, GIT_INDEX_ADD_FORCE.rawValue, nil, nil))
        try GitFailure.check(git_index_write(index))
        var treeID = git_oid()
        try GitFailure.check(git_index_write_tree(&treeID, index))
        var tree: OpaquePointer?
        try GitFailure.check(git_tree_lookup(&tree, repository, &treeID))
        defer { git_tree_free(tree) }
        let (signature, isByGuild) = try signature(repository)
        defer { git_signature_free(signature) }
        var commitID = git_oid()
        try GitFailure.check(
            git_commit_create(&commitID, repository, "HEAD", signature, signature, nil, message, tree, 0, nil))
        // Two that were made in one second, from the same files, have one history and are two codices all the same.
        var configuration: OpaquePointer?
        defer { git_config_free(configuration) }
        try GitFailure.check(
            git_config_open_ondisk(&configuration, String(cString: git_repository_commondir(repository)) + "config"))
        try GitFailure.check(
            git_config_set_string(configuration, CodexIdentity.idKey(of: ""), CodexID().description))
        guard let id = CommitID(commitID.hex), let signature, let name = signature.pointee.name,
            let email = signature.pointee.email
        else { throw GitFailure(code: -1, detail: "the commit has no author") }
        return NewRepository(
            path: path, commit: id, author: "\(String(cString: name)) <\(String(cString: email))>", isByGuild: isByGuild
        )
    }

    private static func signature(
        _ repository: OpaquePointer?
    ) throws(GitFailure) -> (UnsafeMutablePointer<git_signature>?, Bool) {
        var signature: UnsafeMutablePointer<git_signature>?
        if git_signature_default(&signature, repository) == 0 { return (signature, false) }
        try GitFailure.check(git_signature_now(&signature, fallbackName, fallbackEmail))
        return (signature, true)
    }
}
