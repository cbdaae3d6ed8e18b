import GuildDomain

/// The parts of GitHub's answers that an agent sees: a few fields in a fixed order, long texts cut, so that one answer
/// cannot fill a context window.
enum GitHubResult {
    /// Longest body of an issue or pull request, in bytes.
    static let bodyLimitBytes = 16 << 10
    /// Longest body of one of several comments, in bytes.
    static let commentLimitBytes = 4 << 10
    /// Longest diff, in bytes.
    static let diffLimitBytes = 64 << 10
    private static let listLimit = 100

    static func comments(_ answer: JSONValue) -> JSONValue {
        ["comments": .array((answer.array ?? []).prefix(listLimit).map { comment($0) })]
    }

    static func labels(_ answer: JSONValue) -> JSONValue { ["labels": names(answer, "name")] }

    static func assignees(_ answer: JSONValue) -> JSONValue {
        ["number": answer["number"] ?? .null, "assignees": names(answer["assignees"], "login")]
    }

    static func review(_ answer: JSONValue) -> JSONValue {
        [
            "number": answer["number"] ?? .null, "html_url": answer["html_url"] ?? .null,
            "requested_reviewers": names(answer["requested_reviewers"], "login"),
            "requested_teams": names(answer["requested_teams"], "slug"),
        ]
    }

    /// The diff, cut at a line end if it is longer than `diffLimitBytes`.
    static func diff(_ bytes: [UInt8]) -> JSONValue {
        let shown = cut(bytes[...], limit: diffLimitBytes)
        var result: JSONObject = ["diff": .string(String(decoding: shown, as: UTF8.self))]
        if shown.count < bytes.count {
            result["truncated"] = true
            result["note"] = .string("the first \(shown.count) of \(bytes.count) bytes")
        }
        return .object(result)
    }

    static func issue(_ answer: JSONValue) -> JSONValue {
        var result = described(answer, ["number", "title", "state", "state_reason"])
        result["labels"] = names(answer["labels"], "name")
        result["assignees"] = names(answer["assignees"], "login")
        for name in ["comments", "created_at", "updated_at", "html_url"] { result[name] = answer[name] ?? .null }
        result["is_pull_request"] = .bool(answer["pull_request"].map { !$0.isNull } ?? false)
        return .object(result)
    }

    static func pullRequest(_ answer: JSONValue) -> JSONValue {
        var result = described(
            answer, ["number", "title", "state", "draft", "merged", "mergeable", "mergeable_state"])
        for side in ["head", "base"] {
            result[side] = picked(answer[side] ?? .null, ["ref", "sha"])
        }
        result["labels"] = names(answer["labels"], "name")
        result["assignees"] = names(answer["assignees"], "login")
        result["requested_reviewers"] = names(answer["requested_reviewers"], "login")
        let rest = [
            "commits", "additions", "deletions", "changed_files", "comments", "created_at", "updated_at", "html_url",
        ]
        for name in rest { result[name] = answer[name] ?? .null }
        return .object(result)
    }

    private static func comment(_ answer: JSONValue) -> JSONValue {
        var result: JSONObject = ["id": answer["id"] ?? .null, "user": answer["user"]?["login"] ?? .null]
        result["body"] = text(answer["body"], limit: commentLimitBytes)
        result["created_at"] = answer["created_at"] ?? .null
        result["html_url"] = answer["html_url"] ?? .null
        return .object(result)
    }

    private static func described(_ answer: JSONValue, _ names: [String]) -> JSONObject {
        var result = JSONObject(names.map { ($0, answer[$0] ?? .null) })
        result["user"] = answer["user"]?["login"] ?? .null
        result["body"] = text(answer["body"], limit: bodyLimitBytes)
        return result
    }

    static func picked(_ answer: JSONValue, _ names: [String]) -> JSONValue {
        .object(JSONObject(names.map { ($0, answer[$0] ?? .null) }))
    }

    private static func names(_ list: JSONValue?, _ field: String) -> JSONValue {
        .array((list?.array ?? []).prefix(listLimit).compactMap { $0[field] })
    }

    private static func text(_ value: JSONValue?, limit: Int) -> JSONValue {
        guard let text = value?.string else { return .null }
        let bytes = Array(text.utf8)
        guard bytes.count > limit else { return .string(text) }
        let shown = cut(bytes[...], limit: limit)
        return .string(
            String(decoding: shown, as: UTF8.self) + "\n[cut: the first \(shown.count) of \(bytes.count) bytes]")
    }

    /// At most `limit` bytes, to the last line end within the second half of them, or to a whole character.
    private static func cut(_ bytes: ArraySlice<UInt8>, limit: Int) -> ArraySlice<UInt8> {
        guard bytes.count > limit else { return bytes }
        let head = bytes.prefix(limit)
        if let end = head.suffix(limit / 2).lastIndex(of: 0x0A) { return bytes[...end] }
        var end = head.endIndex
        while end > head.startIndex, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return bytes[..<end]
    }
}
