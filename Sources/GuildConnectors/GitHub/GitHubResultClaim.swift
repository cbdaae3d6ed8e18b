import GuildDomain

/// An event whose text ends with the mark of an action, whoever its sender is: the action's own result, or a copy.
///
/// Anyone can copy or invent a mark, so it counts only together with what our ledger holds of the action: the id of what
/// it made, or, while the answer to its request is not recorded, the very text that it sent. What was made can be edited
/// by others, so an edit is ours only if an action of ours has sent just that text.
struct GitHubResultClaim: ActionClaim, Hashable {
    let action: ActionID
    private let eventType: String
    /// `acme/shop#42`.
    private let subject: String?
    /// The comment's or issue's id.
    private let object: Int64?
    private let text: String

    /// - Returns: nil for an event without a mark, or of a type that no action of ours causes.
    init?(of data: JSONValue, eventType: String, subject: String?) {
        guard GitHubCausedEvents.typesWithText.contains(eventType),
            let shown = GitHubOwnership.marked(data, eventType), let text = shown["body"]?.string,
            let action = GitHubMarker.action(endOf: text)
        else { return nil }
        self.action = action
        self.eventType = eventType
        self.subject = subject
        self.text = text
        object = shown["id"]?.integer
    }

    func isResult(of sent: SentAction) -> Bool {
        guard sent.wasSent, GitHubCausedEvents.types(causedBy: sent.operation).contains(eventType) else { return false }
        if eventType.hasSuffix(".edited") {
            let comment = sent.arguments["comment_id"]?.integer
            return comment != nil && comment == object && isText(of: sent.arguments) && isIn(sent.subject)
        }
        guard let result = sent.result else { return isText(of: sent.arguments) && isIn(sent.subject) }
        // A result that is not what we write proves nothing.
        guard let made = (try? JSONParser.parse(Array(result.utf8)))?["id"]?.integer else { return false }
        return made == object
    }

    private func isText(of arguments: JSONValue) -> Bool {
        Self.plain(text) == Self.plain(GitHubMarker.marked(arguments["body"]?.string ?? "", action: action))
    }

    /// Whether it is the subject of the action, or in the repository that the action has for a subject.
    private func isIn(_ place: String) -> Bool {
        guard let subject = subject?.lowercased() else { return false }
        let place = place.lowercased()
        return subject == place || subject.hasPrefix(place + "#")
    }

    /// The text with one kind of line end, and no white space at the end of a line or of the whole: GitHub may change
    /// these.
    private static func plain(_ text: String) -> String {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
            var line = line
            while let last = line.last, last == " " || last == "\t" { line.removeLast() }
            return line
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
