import GuildCodex
package import GuildDomain

/// A branch of a remote repository that is fetched and served: `origin/main`.
package struct RemoteBranch: Sendable, Hashable {
    /// The remote's name.
    package let remote: String
    /// The branch on the remote.
    package let branch: String
    /// How often it is asked for.
    package let interval: Duration

    /// Nobody's server is asked more often than this.
    package static let shortestInterval = Duration.seconds(1)
    /// The time between two fetches by default.
    package static let defaultInterval = Duration.seconds(30)
    private static let fetchTimeout = Duration.seconds(120)

    /// - Throws: `Failure` of kind `.usage` unless the text is `REMOTE/BRANCH`.
    package init(parsing text: String, interval: Duration = defaultInterval) throws(Failure) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy(Self.isName), interval >= Self.shortestInterval else {
            throw Failure(
                .usage, "'\(text)' is not a branch to follow",
                hint: "write REMOTE/BRANCH, such as origin/main, and at least one second between two fetches")
        }
        remote = parts[0]
        branch = parts[1]
        self.interval = interval
    }

    /// The served revision, which a fetch updates.
    package var revision: String { "refs/remotes/\(remote)/\(branch)" }

    /// Git has more rules; these keep a name from being taken for an option or another ref.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && !text.hasPrefix("-") && !text.contains("..")
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7F && !":^~?*[\\".unicodeScalars.contains($0)
            }
    }

    /// Fetches it into the repository.
    ///
    /// - Throws: `Failure` of kind `.unavailable` with git's words.
    func fetch(into repository: CodexRepository, with git: GitProgram) async throws {
        // Housekeeping is the owner's business, and tags or FETCH_HEAD nobody asked for.
        let outcome = try await git.start(
            [
                "-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--quiet", "--no-tags",
                "--no-recurse-submodules", "--no-write-fetch-head", remote, "+refs/heads/\(branch):\(revision)",
            ], in: repository.gitDirectory, timeout: Self.fetchTimeout)
        guard outcome.status == 0 else {
            throw Failure(
                .unavailable, "cannot fetch \(branch) of \(remote): \(outcome.reason)",
                hint: "try `git -C \(repository.gitDirectory) fetch \(remote) \(branch)`")
        }
    }

    /// Whether a push to `repository` (`acme/shop`) may be one to this remote, by the remote's address.
    static func address(_ url: String, isOf repository: String) -> Bool {
        var path = url.lowercased()
        while path.hasSuffix("/") { path.removeLast() }
        if path.hasSuffix(".git") { path.removeLast(4) }
        let wanted = repository.lowercased()
        return !wanted.isEmpty && (path.hasSuffix("/" + wanted) || path.hasSuffix(":" + wanted))
    }
}
