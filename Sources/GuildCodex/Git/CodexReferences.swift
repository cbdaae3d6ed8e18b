import CLibGit2
import Foundation
import GuildDomain

/// The refs of a repository: what a revision follows, and what is served.
package struct CodexReferences: Sendable {
    private let repository: CodexRepository

    init(of repository: CodexRepository) { self.repository = repository }

    /// The folders whose change may change the meaning of a revision: those of `HEAD`, of `packed-refs` and of every ref
    /// that the revision may mean, down from the repository; they need not exist.
    func folders(of revision: String) -> [String] {
        let names = Self.possibleNames(of: revision)
        guard !names.isEmpty else { return [repository.gitDirectory] }
        // An unreadable ref is read again when it changes.
        let found = try? repository.attempt(readsObjects: false) {
            (repository) throws(GitFailure) -> (String?, [String]) in
            let common = git_repository_commondir(repository).map { String(cString: $0) }
            return (common, names.flatMap { Self.symbolicTargets(of: $0, in: repository) })
        }
        let gitDirectory = repository.gitDirectory
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
    private static func possibleNames(of revision: String) -> [String] {
        let start = String(revision.prefix { !"~^:@".contains($0) })
        let named = start.isEmpty ? "HEAD" : start
        guard !named.hasPrefix("/"), !named.split(separator: "/").contains("..") else { return [] }
        return ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"].map { $0 + named }
            + ["refs/remotes/\(named)/HEAD"]
    }

    /// - Throws: `notAFile` if libgit2 would block on a special file: `HEAD`, packed refs, a ref on the way.
    func refuseSpecial(_ revision: String) throws(CodexRepositoryError) {
        let gitDirectory = repository.gitDirectory
        let shared = GitFolder.nearest(above: gitDirectory) ?? gitDirectory
        for folder in Set([gitDirectory, shared]) {
            for name in ["HEAD", "packed-refs", "config"] { try SpecialFiles.refuse(folder + "/" + name) }
            guard revision.utf8.count <= CodexRepository.maximumRevisionBytes else { continue }
            for name in Self.possibleNames(of: revision) { try SpecialFiles.refuseReference(folder + "/" + name) }
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
            let bytes = try? file.read(upToCount: CodexRepository.maximumRevisionBytes)
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("ref:") else { return nil }
        return text.dropFirst("ref:".count).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The object at which a revision's ref points; it may be unreadable or missing. Nil if the revision is not a ref.
    package func target(of revision: String) -> CommitID? {
        // An unreadable ref points nowhere.
        try? repository.attempt(readsObjects: false) { (repository) throws(GitFailure) -> CommitID? in
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
    package func served(_ revision: String) throws(CodexRepositoryError) -> ServedReference? {
        let bare = repository.workTree == nil
        return try repository.attempt { (repository) throws(GitFailure) in
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
        if let served = try served(revision) { return served.name }
        if revision.hasPrefix("refs/") { return revision }
        let name = "refs/heads/" + revision
        var isValid: Int32 = 0
        let isKnown = git_reference_name_is_valid(&isValid, name) == 0
        return isKnown && isValid == 1 && CommitID(revision) == nil ? name : nil
    }

    /// The tag with the same name as the branch that a revision names; nil if there is none.
    package func tagBeside(_ revision: String) throws(CodexRepositoryError) -> String? {
        try repository.attempt(readsObjects: false) { (repository) throws(GitFailure) in
            RevisionName(revision, in: repository).tagBeside
        }
    }

    /// The targets of a symbolic ref, step by step, whether they exist or not.
    static func symbolicTargets(of name: String, in repository: OpaquePointer) -> [String] {
        var targets: [String] = []
        var name = name
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

    /// The names of refs that match, unsorted.
    static func names(
        matching glob: String, in repository: OpaquePointer
    ) throws(GitFailure) -> [String] {
        var left = maximumReferences
        if let folder = git_repository_commondir(repository) {
            do throws(CodexRepositoryError) {
                try SpecialFiles.refuseReferences(below: String(cString: folder) + "refs", left: &left)
            } catch {
                throw GitFailure(code: GIT_ERROR.rawValue, detail: error.message)
            }
        }
        var iterator: OpaquePointer?
        defer { git_reference_iterator_free(iterator) }
        try GitFailure.check(git_reference_iterator_glob_new(&iterator, repository, glob))
        var names: [String] = []
        var name: UnsafePointer<CChar>?
        while names.count < maximumReferences, git_reference_next_name(&name, iterator) == 0, let found = name {
            names.append(String(cString: found))
        }
        return names
    }

    private static let maximumReferences = 100_000
}
