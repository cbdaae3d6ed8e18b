package import GuildDomain

extension GitHubOperations {
    /// What a new comment or issue counts on: the issue, or the repository that it is opened in; nil for what changes only
    /// what is there (labels, people, statuses, the text of a comment of ours). GitHub knows repositories in any case.
    package static func countedSubject(of operation: String, arguments: JSONValue) -> String? {
        guard let written = arguments["repository"]?.string else { return nil }
        let repository = GitHubContainment.form.canonical(written) ?? written.lowercased()
        switch operation {
        case "github.create_issue_comment": return arguments["number"]?.integer.map { "\(repository)#\($0)" }
        case "github.create_issue": return repository
        default: return nil
        }
    }
}
