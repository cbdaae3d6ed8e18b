package import GuildDomain

/// Whether an event is the echo of our own action.
///
/// Recognised by our identity as the sender together with our mark, if the event shows a text that we would have
/// marked; a mark from anyone else is ignored, so it can neither suppress an event nor forge a cause. An event that
/// shows no such text (a label, an assignee, a status) is ours by the sender alone, if one of our operations causes its
/// type: a person who pushes with the same account is still a person.
package enum GitHubOwnership: Sendable, Equatable {
    case foreign
    /// Ours; the action is nil if no mark identifies it.
    case own(ActionID?)

    package init(of data: JSONValue, eventType: String, identity: GitHubIdentity?) {
        guard let identity, let author = data["sender"] ?? Self.marked(data, eventType)?["user"],
            identity.isUser(author)
        else {
            self = .foreign
            return
        }
        if !Self.operations(causing: eventType).isEmpty {
            self = .own(nil)
        } else if let text = Self.marked(data, eventType)?["body"]?.string,
            let action = GitHubMarker.action(endOf: text)
        {
            self = .own(action)
        } else {
            self = .foreign
        }
    }

    /// The action of ours that caused the event, by the mark in its text.
    package static func ownAction(in data: JSONValue, eventType: String, identity: GitHubIdentity?) -> ActionID? {
        guard case .own(let action) = Self(of: data, eventType: eventType, identity: identity) else { return nil }
        return action
    }

    /// Our operations that cause an event without a text, by its type.
    package static func operations(causing eventType: String) -> [String] {
        GitHubCausedEvents.typesWithText.contains(eventType) ? [] : GitHubCausedEvents.operations(causing: eventType)
    }

    /// The object whose `body` the sender of such an event has just written.
    static func marked(_ data: JSONValue, _ eventType: String) -> JSONValue? {
        switch eventType {
        case "issue_comment.created", "issue_comment.edited", "commit_comment.created",
            "pull_request_review_comment.created", "pull_request_review_comment.edited",
            "discussion_comment.created", "discussion_comment.edited":
            data["comment"]
        case "pull_request_review.submitted", "pull_request_review.edited": data["review"]
        case "issues.opened", "issues.edited": data["issue"]
        case "pull_request.opened", "pull_request.edited": data["pull_request"]
        default: nil
        }
    }
}
