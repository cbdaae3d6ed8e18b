import GuildDomain

extension OperationArguments {
    /// `/repos/OWNER/REPO`.
    func repository() throws(OperationFailure) -> String {
        let text = try text("repository", longest: 140)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard GitHubContainment.form.canonical(text) != nil, parts.count == 2, Self.isOwner(parts[0]),
            Self.isRepository(parts[1])
        else {
            throw invalid("'repository' must be OWNER/REPO")
        }
        return "/repos/\(PercentEncoding.segment(parts[0]))/\(PercentEncoding.segment(parts[1]))"
    }

    /// `/repos/OWNER/REPO/issues/N`; a pull request's comments, labels and assignees are an issue's.
    func issue() throws(OperationFailure) -> String { "\(try repository())/issues/\(try number())" }

    /// `/repos/OWNER/REPO/pulls/N`.
    func pullRequest() throws(OperationFailure) -> String { "\(try repository())/pulls/\(try number())" }

    /// A full SHA-1 or SHA-256 in hexadecimal.
    func commit() throws(OperationFailure) -> String {
        let sha = try text("sha", longest: 64)
        guard sha.utf8.count == 40 || sha.utf8.count == 64, sha.utf8.allSatisfy({ PercentEncoding.hexDigit($0) != nil })
        else { throw invalid("'sha' must be a commit's 40 or 64 hexadecimal digits") }
        return sha
    }

    func labels() throws(OperationFailure) -> [JSONValue] {
        try strings("labels", longest: GitHubLimit.labelBytes, most: GitHubLimit.listItems)
    }

    func logins(_ name: String) throws(OperationFailure) -> [JSONValue] {
        try strings(name, longest: GitHubLimit.loginBytes, most: GitHubLimit.listItems)
    }

    /// `body` with the mark of the action behind it.
    func markedBody(_ action: ActionID) throws(OperationFailure) -> JSONValue {
        .string(GitHubMarker.marked(try text("body", longest: GitHubLimit.bodyBytes), action: action))
    }

    private static func isOwner(_ text: Substring) -> Bool {
        (1...39).contains(text.utf8.count) && text.first != "-" && text.utf8.allSatisfy { isNameByte($0) && $0 != 0x2E }
    }

    private static func isRepository(_ text: Substring) -> Bool {
        (1...100).contains(text.utf8.count) && text != "." && text != ".." && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
