package import GuildDomain

/// The places that GitHub's operations read and write: a repository, and in it an issue, a pull request or a commit.
package enum GitHubContainment {
    /// GitHub compares the names of repositories caselessly, cuts `.git` off and keeps `.wiki` for wikis.
    package static let form = ContainerForm(
        shown: "OWNER/REPO", longestSegments: [39, 100], ignoresCase: true, reservedEndings: [".git", ".wiki"])

    /// The repository of a payload; none for an event of a whole organisation or account.
    static func containers(repository: String?) -> [Container] {
        repository.map { [Container(system: "github", name: $0)] } ?? []
    }
}
