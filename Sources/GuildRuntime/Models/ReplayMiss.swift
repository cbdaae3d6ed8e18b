import GuildDomain

/// Explains why a recording has no answer for a request: the nearest entry, its first difference, and the list of
/// entries.
struct ReplayMiss {
    let key: String
    /// The request with its volatile values replaced.
    let document: JSONValue
    let entries: [Recording.Entry]

    /// How many recorded requests are compared, and how many are listed.
    static let mostCompared = 500
    static let mostListed = 8
    static let excerptCharacters = 60

    var failure: ModelFailure { .replayMiss(reason: reason, hint: hint) }

    private var hint: String {
        "for a live answer set a provider with an api_key in the codex's LLMRegistry (providers/*.yaml); for a "
            + "replayed one add a line with \"key\": \"\(key)\" to the recording"
    }

    private var reason: String {
        let same = entries.filter { $0.key == key }
        if !same.isEmpty {
            return "replay: request \(key)\(note(of: same.last)) was answered \(times(same.count)), as often as it was "
                + "recorded"
        }
        let opening = "replay: no recorded answer for request \(key)"
        guard !entries.isEmpty else { return "\(opening): the recording is empty" }
        guard let (entry, difference) = nearest else { return "\(opening); \(listing)" }
        return "\(opening); the nearest, \(name(of: entry)), \(difference); \(listing)"
    }

    private var listing: String {
        var seen: Set<String> = []
        let distinct = entries.filter { seen.insert($0.key.isEmpty ? $0.note ?? "" : $0.key).inserted }
        let names = distinct.prefix(Self.mostListed).map(name).joined(separator: ", ")
        let more = distinct.count - Self.mostListed
        return "recorded: \(names)" + (more > 0 ? " and \(more) more" : "")
    }

    private func name(of entry: Recording.Entry) -> String {
        (entry.key.isEmpty ? "an entry without key" : ProviderWords.excerpt(entry.key, characters: 64))
            + note(of: entry)
    }

    private func note(of entry: Recording.Entry?) -> String {
        guard let note = entry?.note, !note.isEmpty else { return "" }
        return " (\(ProviderWords.excerpt(note, characters: Self.excerptCharacters)))"
    }

    private func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

    // MARK: - The nearest request

    /// The recorded request that has most in common with this one, the first messages above all.
    private var nearest: (Recording.Entry, String)? {
        var best: (entry: Recording.Entry, difference: String, score: Int)?
        for entry in entries.filter({ $0.request?.object != nil }).prefix(Self.mostCompared) {
            guard let recorded = entry.request else { continue }
            let (difference, score) = compare(recorded)
            if score > best?.score ?? -1 { best = (entry, difference, score) }
        }
        return best.map { ($0.entry, $0.difference) }
    }

    /// Only parts that the recorded request has are compared: an author may write down the messages alone.
    private func compare(_ recorded: JSONValue) -> (difference: String, score: Int) {
        var differences: [String] = []
        var score = 0
        if let system = recorded["system"] {
            if system == document["system"] {
                score += 2
            } else {
                differences.append("differs in the system prompt: \(contrast(system, document["system"]))")
            }
        }
        if let messages = recorded["messages"]?.array {
            let (difference, equal) = compare(messages)
            score += equal * 10
            if let difference { differences.append(difference) }
        }
        for part in ["tools", "parameters", "model"] {
            guard let value = recorded[part] else { continue }
            if value.text(.canonical) == document[part]?.text(.canonical) {
                score += 1
            } else {
                differences.append("differs in \(part): \(contrast(value, document[part]))")
            }
        }
        return (differences.first ?? "records the same values, but has another key", score)
    }

    private func compare(_ recorded: [JSONValue]) -> (difference: String?, equal: Int) {
        let asked = document["messages"]?.array ?? []
        for (index, pair) in zip(recorded, asked).enumerated()
        where pair.0.text(.canonical) != pair.1.text(.canonical) {
            let role = pair.1["role"]?.string ?? "?"
            return ("differs first in message \(index + 1) (\(role)): \(contrast(pair.0, pair.1))", index)
        }
        guard recorded.count != asked.count else { return (nil, asked.count) }
        let equal = min(recorded.count, asked.count)
        return ("has \(recorded.count) messages, the request \(asked.count); the first \(equal) agree", equal)
    }

    /// Both texts around the first character in which they differ.
    private func contrast(_ recorded: JSONValue, _ asked: JSONValue?) -> String {
        let left = readable(recorded)
        let right = readable(asked ?? .null)
        let common = zip(left, right).prefix { $0 == $1 }.count
        let start = max(0, common - Self.excerptCharacters / 3)
        func around(_ text: [Character]) -> String {
            let piece = String(text.dropFirst(start).prefix(Self.excerptCharacters))
            let cut = start + Self.excerptCharacters < text.count
            return "'\(start > 0 ? "…" : "")\(ProviderWords.excerpt(piece))\(cut ? "…" : "")'"
        }
        return "recorded \(around(left)), asked \(around(right))"
    }

    /// A message with a single text as that text, anything else as JSON.
    private func readable(_ value: JSONValue) -> [Character] {
        if let text = value.string { return Array(text) }
        if let parts = value["content"]?.array, parts.count == 1 {
            if let text = parts[0]["text"]?.string ?? parts[0]["content"]?.string { return Array(text) }
        }
        return Array((value["content"] ?? value).text(.canonical))
    }
}
