import CLibGit2
import Foundation
import GuildDomain

/// The ref that a revision follows: a push to it changes the revision.
package struct ServedReference: Sendable, Hashable {
    /// `refs/heads/main`, or `HEAD` if that is detached.
    package let name: String
    /// Whether the work tree is a check-out of it.
    package let isCheckedOut: Bool
}

extension CodexRepository {
    /// The folders whose change may change the meaning of a revision: those of `HEAD`, of `packed-refs` and of every ref
    /// that the revision may mean, down from the repository; they need not exist.
    func referenceFolders(of revision: String) -> [String] {
        let names = Self.referenceNames(of: revision)
        guard !names.isEmpty else { return [gitDirectory] }
        // An unreadable ref is read again when it changes.
        let found = try? attempt(readsObjects: false) { (repository) throws(GitFailure) -> (String?, [String]) in
            let common = git_repository_commondir(repository).map { String(cString: $0) }
            return (common, names.flatMap { Self.symbolicTargets(of: $0, in: repository) })
        }
        let (common, targets) = found ?? (nil, [])
        let root = common.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } ?? gitDirectory
        var folders: Set<String> = [gitDirectory, root]
        for name in names + targets {
            var folder = root
            for step in name.split(separator: "/").dropLast() {
                folder += "/\(step)"
                folders.insert(folder)
            }
        }
        return folders.sorted()
    }

    /// Every ref that a revision may begin with, in the order of gitrevisions(7).
    private static func referenceNames(of revision: String) -> [String] {
        let start = String(revision.prefix { !"~^:@".contains($0) })
        let named = start.isEmpty ? "HEAD" : start
        guard !named.hasPrefix("/"), !named.split(separator: "/").contains("..") else { return [] }
        return ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"].map { $0 + named }
            + ["refs/remotes/\(named)/HEAD"]
    }

    /// - Throws: `notAFile` if libgit2 would block on a special file: `HEAD`, packed refs, a ref on the way.
    func refuseSpecialReferences(_ revision: String) throws(CodexRepositoryError) {
        let shared = Self.gitFolder(above: gitDirectory) ?? gitDirectory
        for folder in Set([gitDirectory, shared]) {
            for name in ["HEAD", "packed-refs", "config"] { try SpecialFiles.refuse(folder + "/" + name) }
            guard revision.utf8.count <= Self.maximumRevisionBytes else { continue }
            for name in Self.referenceNames(of: revision) { try SpecialFiles.refuseReference(folder + "/" + name) }
        }
        // By hand: libgit2 would open each on its way to the next.
        var path = gitDirectory + "/HEAD"
        for _ in 0..<Self.maximumIndirections {
            guard let target = Self.symbolicTarget(ofFile: path) else { return }
            path = CodexLocation(target, workingDirectory: shared).path
            try SpecialFiles.refuseReference(path)
        }
    }

    private static func symbolicTarget(ofFile path: String) -> String? {
        guard PathKind(at: path) == .file, let file = FileHandle(forReadingAtPath: path),
            // libgit2 reports an unreadable file.
            let bytes = try? file.read(upToCount: maximumRevisionBytes)
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("ref:") else { return nil }
        return text.dropFirst("ref:".count).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The object at which a revision's ref points; it may be unreadable or missing. Nil if the revision is not a ref.
    package func target(of revision: String) -> CommitID? {
        // An unreadable ref points nowhere.
        try? attempt(readsObjects: false) { (repository) throws(GitFailure) -> CommitID? in
            var (reference, resolved): (OpaquePointer?, OpaquePointer?)
            defer {
                git_reference_free(reference)
                git_reference_free(resolved)
            }
            guard git_reference_dwim(&reference, repository, revision) == 0,
                git_reference_resolve(&resolved, reference) == 0, let target = git_reference_target(resolved)
            else { return nil }
            return CommitID(target.pointee.hex)
        }
    }

    /// The ref that a push must move to change what is served; nil if the revision is a fixed commit.
    package func servedReference(_ revision: String) throws(CodexRepositoryError) -> ServedReference? {
        let bare = workTree == nil
        return try attempt { (repository) throws(GitFailure) in
            let head = Self.symbolicTargets(of: "HEAD", in: repository).last ?? "HEAD"
            if revision == "HEAD" || revision == "@" { return ServedReference(name: head, isCheckedOut: !bare) }
            guard var name = RevisionName.branch(revision, in: repository) else { return nil }
            if let target = Self.symbolicTargets(of: name, in: repository).last { name = target }
            return ServedReference(name: name, isCheckedOut: !bare && name == head)
        }
    }

    /// The ref that a push would move to change what is served, even for a branch that does not exist yet. Nil if the
    /// revision is not a ref: a push does not change the meaning of a commit's hash.
    package func servedName(_ revision: String) throws(CodexRepositoryError) -> String? {
        if let served = try servedReference(revision) { return served.name }
        if revision.hasPrefix("refs/") { return revision }
        let name = "refs/heads/" + revision
        var isValid: Int32 = 0
        let isKnown = git_reference_name_is_valid(&isValid, name) == 0
        return isKnown && isValid == 1 && CommitID(revision) == nil ? name : nil
    }

    /// The tag with the same name as the branch that a revision names; nil if there is none.
    package func tagBeside(_ revision: String) throws(CodexRepositoryError) -> String? {
        try attempt(readsObjects: false) { (repository) throws(GitFailure) in
            RevisionName(revision, in: repository).tagBeside
        }
    }

    /// The targets of a symbolic ref, step by step, whether they exist or not.
    private static func symbolicTargets(of name: String, in repository: OpaquePointer) -> [String] {
        var (targets, name): ([String], String) = ([], name)
        for _ in 0..<maximumIndirections {
            var reference: OpaquePointer?
            defer { git_reference_free(reference) }
            guard git_reference_lookup(&reference, repository, name) == 0,
                let target = git_reference_symbolic_target(reference)
            else { break }
            name = String(cString: target)
            targets.append(name)
        }
        return targets
    }

    /// As many as git follows.
    private static let maximumIndirections = 5

    /// Reads objects that a push has brought and git has not taken over yet, as a `pre-receive` hook must (githooks(5),
    /// git-receive-pack(1), "Quarantine Environment").
    ///
    /// - Parameter environment: that of the hook.
    package func readQuarantine(_ environment: [String: String]) throws(CodexRepositoryError) {
        let alternates = (environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] ?? "").split(separator: ":").map(String.init)
        let quarantine = [environment["GIT_OBJECT_DIRECTORY"], environment["GIT_QUARANTINE_PATH"]].compactMap(\.self)
        let folders = (quarantine + alternates).filter { PathKind(at: $0) == .folder }
        if !folders.isEmpty { try read(quarantine: folders) }
    }

    /// The value of git's configuration, from all its files.
    package func configuration(_ key: String) throws(CodexRepositoryError) -> String? {
        try attempt(readsObjects: false) { (repository) throws(GitFailure) in
            var configuration: OpaquePointer?
            defer { git_config_free(configuration) }
            try GitFailure.check(git_repository_config(&configuration, repository))
            var buffer = git_buf()
            defer { git_buf_dispose(&buffer) }
            guard git_config_get_string_buf(&buffer, configuration, key) == 0, let text = buffer.ptr else { return nil }
            return String(cString: text)
        }
    }

    /// The folder that the repository's work trees share: hooks are in it.
    package func commonDirectory() throws(CodexRepositoryError) -> String {
        let folder = try attempt(readsObjects: false) { (repository) throws(GitFailure) in
            git_repository_commondir(repository).map { String(cString: $0) }
        }
        guard let folder else { return gitDirectory }
        return folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }
}
