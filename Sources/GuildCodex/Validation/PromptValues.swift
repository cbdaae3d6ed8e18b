import GuildDomain

/// The values that a prompt can name, as `RequestBuilder` gives them.
enum PromptValues {
    /// By their first step; nil for values that come with an event, which nobody knows in advance.
    private static let roots: [String: [String]?] = [
        "event": [
            "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "system", "guildevent",
            "priority", "chapter", "traceparent", "causationid", "rootid", "hop", "guildown", "data",
        ], "data": nil, "events": nil, "vars": nil,
        "agent": ["name", "chapter", "description"],
        "guild": ["name"], "now": [], "input": [], "subject": [],
    ]

    /// The functions that the template engine can apply to a value.
    static let functions = [
        "capitalized", "count", "empty", "enumerated", "equalzero", "even", "first", "last", "lowercased", "minusone",
        "odd", "plusone", "reversed", "sorted", "uppercased",
    ]

    /// Fields of the systems' payloads, to detect misspellings; other fields are not errors.
    private static let fields = [
        "action", "after", "alert", "assignee", "assignees", "author", "before", "branch", "changes", "check_run",
        "comment", "commits", "created_at", "deployment", "description", "environment", "head_commit", "html_url",
        "installation", "issue", "label", "labels", "message", "milestone", "number", "organization", "priority",
        "pull_request", "pusher", "release", "repository", "review", "sender", "service", "severity", "state", "status",
        "summary", "title", "updated_at", "workflow_run",
    ]
    /// Shorter words are near to too many.
    private static let shortestField = 5

    /// The problem with a name outside of any section; nil if it may be a value.
    static func complaint(about name: String) -> (found: String, expected: String?, suggestion: String?)? {
        let steps = name.split(separator: ".").map(String.init)
        guard let first = steps.first else { return nil }
        guard let known = roots[first] else {
            let names = roots.keys.sorted()
            let suggestion = NearestName.of(first, in: names)
            return (
                "no value \(quoted(name)), which renders empty",
                suggestion == nil ? "one of " + names.joined(separator: ", ") : nil, suggestion
            )
        }
        let rest = Array(steps.dropFirst())
        if let known, let second = rest.first, !known.contains(second) {
            let suggestion = NearestName.of(second, in: known)
            // An event may have more members than those that are always there.
            guard first != "event" || suggestion != nil else { return nil }
            let expected = known.isEmpty ? "\(first) alone" : "\(first) with one of " + known.joined(separator: ", ")
            return (
                "no value \(quoted(name)), which renders empty", suggestion == nil ? expected : nil,
                suggestion.map { "\(first).\($0)" }
            )
        }
        guard first == "data" || first == "event" && rest.first == "data" else { return nil }
        for field in first == "data" ? rest : Array(rest.dropFirst()) {
            guard let near = misspelt(field) else { continue }
            return ("\(quoted(name)) may render empty: no known payload has \(quoted(field))", nil, near)
        }
        return nil
    }

    private static func misspelt(_ field: String) -> String? {
        guard field.count >= shortestField, !fields.contains(field), !fields.contains(String(field.dropLast())),
            let near = NearestName.of(field, in: fields), near.first == field.first, abs(near.count - field.count) <= 1
        else { return nil }
        return near
    }
}
