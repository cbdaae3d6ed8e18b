package import GuildDomain

/// Why anchors of the audit log cannot be read from a repository, or written to it.
package enum AnchorFailure: GuildError, Equatable {
    case notWritable(place: String, detail: String)
    /// `refs/guild/audit.lock` exists, and no anchoring of ours left it.
    case locked(place: String, file: String)
    /// Others moved the ref each time we tried.
    case contended(place: String)
    case notSigned(place: String, detail: String)
    case notPushed(remote: String, detail: String)
    /// Another program wrote something else to the ref, or its history is not linear.
    case foreign(place: String, commit: String, detail: String)

    package var kind: ErrorKind { if case .foreign = self { .failed } else { .unavailable } }

    package var message: String {
        switch self {
        case .notWritable(let place, let detail): "\(place): cannot write the anchor: \(detail)"
        case .locked(let place, let file): "\(place): \(AnchorBranch.ref) is locked by \(file)"
        case .contended(let place): "\(place): \(AnchorBranch.ref) moved during each attempt"
        case .notSigned(let place, let detail): "\(place): git could not sign the anchor: \(detail)"
        case .notPushed(let remote, let detail):
            "cannot push \(AnchorBranch.ref) to \(remote): \(detail)"
        case .foreign(let place, let commit, let detail):
            "\(place): commit \(commit.prefix(12)) of \(AnchorBranch.ref) is not an anchor: \(detail)"
        }
    }

    package var hint: String? {
        switch self {
        case .notWritable: "give this user write access to the repository"
        case .locked(_, let file): "if no git process is running there, remove \(file)"
        case .contended: "try again"
        case .notSigned:
            "try `git commit --allow-empty -S` there, or turn off signing with `git config commit.gpgsign false`"
        case .notPushed:
            "the anchor is in the repository; push it with `git push REMOTE refs/guild/audit` when that works"
        case .foreign: "`git log refs/guild/audit` shows who added it"
        }
    }
}
