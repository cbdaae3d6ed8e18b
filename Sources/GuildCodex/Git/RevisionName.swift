import CLibGit2

/// The meaning of a revision's short name: a branch, or else a remote branch, and only then git's own reading.
struct RevisionName {
    /// The revision with the branch's full name in place of the short one.
    let full: String
    /// The tag that has the branch's name too, in full.
    let tagBeside: String?
    /// The full name of another ref that has the name if no branch has it.
    let otherReference: String?

    init(_ revision: String, in repository: OpaquePointer) {
        for start in Self.starts(of: revision) {
            guard let branch = Self.branch(start, in: repository) else { continue }
            let tag = "refs/tags/" + start
            full = branch + revision.dropFirst(start.count)
            tagBeside = branch != start && Self.isThere(tag, in: repository) ? tag : nil
            otherReference = nil
            return
        }
        full = revision
        tagBeside = nil
        otherReference = Self.starts(of: revision).lazy.compactMap { Self.guessed($0, in: repository) }.first
    }

    /// The full name of the branch, of a remote's branch, or of the ref whose full name this is already.
    static func branch(_ name: String, in repository: OpaquePointer) -> String? {
        guard !name.hasPrefix("refs/") else { return isThere(name, in: repository) ? name : nil }
        let shortened = ["heads/", "remotes/"].contains { name.hasPrefix($0) } ? ["refs/"] : []
        return (["refs/heads/"] + shortened + ["refs/remotes/"]).lazy.map { $0 + name }
            .first { isThere($0, in: repository) }
    }

    /// The possible ref names in a revision: all of it, because a name may contain an `@`, and the part before an
    /// operator of gitrevisions(7). `HEAD` and a whole hash never mean a branch.
    private static func starts(of revision: String) -> [String] {
        var starts = [revision]
        if let end = revision.indices.first(where: { isOperator(revision[$0...]) }) {
            starts.append(String(revision[..<end]))
        }
        return starts.filter { !$0.isEmpty && $0 != "HEAD" && $0 != "@" && CommitID($0) == nil }
    }

    private static func isOperator(_ rest: Substring) -> Bool {
        rest.first.map { "~^:".contains($0) } ?? false || rest.hasPrefix("@{")
    }

    private static func isThere(_ name: String, in repository: OpaquePointer) -> Bool {
        var reference: OpaquePointer?
        defer { git_reference_free(reference) }
        return git_reference_lookup(&reference, repository, name) == 0
    }

    /// Git's own reading of a short name.
    private static func guessed(_ name: String, in repository: OpaquePointer) -> String? {
        var reference: OpaquePointer?
        defer { git_reference_free(reference) }
        guard git_reference_dwim(&reference, repository, name) == 0 else { return nil }
        return git_reference_name(reference).map { String(cString: $0) }
    }
}
