import GuildDomain

/// Reads a script: a list of steps, or an object whose `answers` is that list.
///
///     [{"match": "refund", "text": "Done.", "tools": [{"name": "github__add_labels", "input": {…}}]},
///      {"fault": "http", "status": 529, "retryAfter": 1},
///      {"path": "/comments", "holdUntil": "go", "afterEffect": true}]
///
/// A step with `match` applies every time, one without it once; `times` says otherwise (0: every time).
enum ScriptParser {
    private static let maximumSteps = 100_000
    private static let known: Set<String> = [
        "match", "path", "method", "model", "hasToolResult", "times", "text", "tools", "stop", "usage", "fault",
        "status", "retryAfter", "afterEvents", "holdUntil", "delayMilliseconds", "afterEffect",
    ]

    static func entries(of script: JSONValue) throws -> [ScriptEntry] {
        guard let steps = script.array ?? script["answers"]?.array, steps.count <= maximumSteps else {
            throw Failure(.usage, "a script is a list of steps, or an object with such a list as 'answers'")
        }
        return try steps.enumerated().map { index, step in try entry(of: step, at: "answers[\(index)]") }
    }

    private static func entry(of step: JSONValue, at place: String) throws -> ScriptEntry {
        guard let members = step.object else { throw Failure(.usage, "\(place): expected an object") }
        if let unknown = members.keys.first(where: { !known.contains($0) }) {
            let hint = NearestName.of(unknown, in: known.sorted()).map { "did you mean '\($0)'?" }
            throw Failure(.usage, "\(place): unknown member '\(unknown)'", hint: hint)
        }
        var entry = ScriptEntry()
        entry.match = try text("match", members, place)
        entry.path = try text("path", members, place)
        entry.method = try text("method", members, place)
        entry.model = try text("model", members, place)
        entry.hasToolResult = members["hasToolResult"]?.bool
        entry.answer = try answer(members, place)
        entry.fault = try fault(members, place)
        entry.afterEvents = try number("afterEvents", members, place).map { Int(clamping: $0) }
        entry.gate = try text("holdUntil", members, place)
        entry.delay = try number("delayMilliseconds", members, place).map { .milliseconds(min($0, 3_600_000)) }
        entry.isAfterEffect = members["afterEffect"]?.bool ?? false
        let times = try number("times", members, place) ?? (entry.match == nil ? 1 : 0)
        entry.times = times == 0 ? nil : Int(clamping: times)
        return entry
    }

    private static func answer(_ members: JSONObject, _ place: String) throws -> ModelAnswer? {
        var blocks: [ModelAnswer.Block] = []
        if let text = try text("text", members, place), !text.isEmpty { blocks.append(.text(text)) }
        for (index, tool) in (members["tools"]?.array ?? []).enumerated() {
            guard let name = tool["name"]?.string else {
                throw Failure(.usage, "\(place).tools[\(index)]: expected 'name' and 'input'")
            }
            blocks.append(.tool(name: name, input: tool["input"] ?? .object(JSONObject())))
        }
        guard members["text"] != nil || members["tools"] != nil || members["stop"] != nil else { return nil }
        var answer = ModelAnswer(blocks: blocks)
        if let stop = try text("stop", members, place) {
            guard let known = ModelAnswer.Stop(rawValue: stop) else {
                throw Failure(.usage, "\(place).stop: '\(stop)' is not a stop reason of Anthropic's")
            }
            answer.stop = known
        }
        if let usage = members["usage"]?.object {
            answer.usage.input = try number("input_tokens", usage, place)
            answer.usage.output = try number("output_tokens", usage, place)
            answer.usage.cacheRead = try number("cache_read_input_tokens", usage, place)
            answer.usage.cacheWrite = try number("cache_creation_input_tokens", usage, place)
            answer.usage.reasoning = try number("reasoning_tokens", usage, place)
        }
        return answer
    }

    private static func fault(_ members: JSONObject, _ place: String) throws -> ScriptEntry.Fault? {
        switch try text("fault", members, place) {
        case nil: return nil
        case "stall": return .stall
        case "truncate": return .truncate
        case "garbage": return .garbage
        case "http":
            guard let status = try number("status", members, place), (400...599).contains(status) else {
                throw Failure(.usage, "\(place).status: expected a status from 400 to 599")
            }
            return .http(status: Int(status), retryAfterSeconds: try number("retryAfter", members, place))
        case let other?:
            throw Failure(
                .usage, "\(place).fault: unknown fault '\(other)'", hint: "stall, truncate, garbage or http")
        }
    }

    private static func text(_ key: String, _ members: JSONObject, _ place: String) throws -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value.string else { throw Failure(.usage, "\(place).\(key): expected a string") }
        return text
    }

    private static func number(_ key: String, _ members: JSONObject, _ place: String) throws -> Int64? {
        guard let value = members[key] else { return nil }
        guard let number = value.integer, number >= 0 else {
            throw Failure(.usage, "\(place).\(key): expected a whole number, not negative")
        }
        return number
    }
}
