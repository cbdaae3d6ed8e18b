package import GuildDomain

/// Answers of models to be given again, one JSON entry a line; written by hand or by a `Recorder`.
package struct Recording: Sendable, Hashable {
    /// Whether a person wrote the answer or a model gave it.
    package enum Origin: String, Sendable { case authored, recorded }

    /// An answer as the file holds it.
    package struct Answer: Sendable, Hashable {
        /// The parts of the answer.
        package var content: [ModelContent]
        /// Why the model stopped.
        package var stop: ModelTurn.Stop
        /// Nil if the provider reported none.
        package var usage: TokenUsage?

        package init(content: [ModelContent], stop: ModelTurn.Stop, usage: TokenUsage?) {
            self.content = content
            self.stop = stop
            self.usage = usage
        }
    }

    /// One recorded answer with its request.
    package struct Entry: Sendable, Hashable {
        /// `RequestDigest.key`; an empty one never matches, so that an author can leave it to be filled in.
        package var key: String
        /// Whether a person wrote the answer or a model gave it.
        package var origin: Origin
        /// A remark for people.
        package var note: String?
        /// The request, or parts of it, with volatile values replaced by their names; only a miss reads it.
        package var request: JSONValue?
        /// The answer that is replayed.
        package var answer: Answer
        /// The clock, ids, context and tool results of the recorded run.
        package var context: JSONValue?

        package init(
            key: String, origin: Origin, note: String? = nil, request: JSONValue? = nil, answer: Answer,
            context: JSONValue? = nil
        ) {
            self.key = key
            self.origin = origin
            self.note = note
            self.request = request
            self.answer = answer
            self.context = context
        }
    }

    /// The largest recording, in bytes.
    package static let largestBytes = 64 << 20
    /// The most entries of a recording.
    package static let mostEntries = 100_000

    /// The entries in their order.
    package private(set) var entries: [Entry]

    /// A recording of these entries.
    package init(entries: [Entry]) { self.entries = entries }

    /// Reads JSON Lines; blank lines are passed over.
    ///
    /// - Throws: a problem that names the line.
    package init(bytes: [UInt8]) throws(RecordingProblem) {
        guard bytes.count <= Self.largestBytes else {
            throw RecordingProblem(line: 1, reason: "the file is larger than \(Self.largestBytes) bytes")
        }
        entries = []
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        where line.contains(where: { $0 > 0x20 }) {
            guard entries.count < Self.mostEntries else {
                throw RecordingProblem(line: index + 1, reason: "over \(Self.mostEntries) entries")
            }
            do {
                entries.append(try Entry(document: try JSONParser.parse(Array(line))))
            } catch let problem as JSONParser.Problem {
                throw RecordingProblem(line: index + 1, reason: problem.message)
            } catch let problem as InvalidModelDocument {
                throw RecordingProblem(line: index + 1, reason: problem.reason)
            } catch {
                throw RecordingProblem(line: index + 1, reason: "\(error)")
            }
        }
    }
}

/// A problem in a recording, with its place.
package struct RecordingProblem: GuildError, Equatable {
    /// The line of the file, from 1.
    package let line: Int
    /// What is wrong in it.
    package let reason: String

    package var kind: ErrorKind { .invalidCodex }
    package var message: String { "line \(line) of the recording: \(reason)" }
    package var hint: String? {
        #"each line is one JSON object with "key", "origin" and "response": {"content", "stop", "usage"}"#
    }
}

extension Recording.Entry {
    private static let keys = ["key", "origin", "note", "request", "response", "context"]

    /// The entry as one line of JSON, without the line's end.
    package var document: JSONValue {
        var members: [(String, JSONValue)] = [("key", .string(key)), ("origin", .string(origin.rawValue))]
        if let note { members.append(("note", .string(note))) }
        if let request { members.append(("request", request)) }
        var response: [(String, JSONValue)] = [
            ("content", .array(answer.content.map(\.document))), ("stop", .string(answer.stop.rawValue)),
        ]
        if let usage = answer.usage { response.append(("usage", usage.document)) }
        members.append(("response", .object(JSONObject(response))))
        if let context { members.append(("context", context)) }
        return .object(JSONObject(members))
    }

    /// Reads one line of a recording.
    package init(document: JSONValue) throws(InvalidModelDocument) {
        guard let members = document.object else {
            throw InvalidModelDocument(reason: "found \(document.kindName), expected a mapping")
        }
        if let stray = members.keys.first(where: { !Self.keys.contains($0) }) {
            throw InvalidModelDocument(
                reason: "unknown key '\(ProviderWords.excerpt(stray, characters: 40))', expected one of "
                    + Self.keys.joined(separator: ", "))
        }
        guard let key = members["key"]?.string else {
            throw InvalidModelDocument(reason: "'key' is missing or not a string")
        }
        guard let origin = members["origin"]?.string.flatMap(Recording.Origin.init) else {
            throw InvalidModelDocument(reason: "'origin' must be authored or recorded")
        }
        guard let response = members["response"], response.object != nil else {
            throw InvalidModelDocument(reason: "'response' is missing or not a mapping")
        }
        self.init(
            key: key, origin: origin, note: members["note"]?.string, request: members["request"],
            answer: try Recording.Answer(document: response), context: members["context"])
    }
}

extension Recording.Answer {
    init(document: JSONValue) throws(InvalidModelDocument) {
        guard let parts = document["content"]?.array else {
            throw InvalidModelDocument(reason: "'response.content' is missing or not a list")
        }
        guard let stop = document["stop"]?.string.flatMap(ModelTurn.Stop.init) else {
            throw InvalidModelDocument(
                reason: "'response.stop' must be end_turn, max_tokens, stop_sequence, tool_use, refusal, "
                    + "context_window_exceeded or pause_turn")
        }
        var content: [ModelContent] = []
        for (index, part) in parts.enumerated() {
            do {
                content.append(try ModelContent(document: part))
            } catch {
                throw InvalidModelDocument(reason: "'response.content[\(index)]': \(error.reason)")
            }
            if case .toolResult = content.last {
                throw InvalidModelDocument(
                    reason: "'response.content[\(index)]': a model's answer cannot hold a tool_result")
            }
        }
        var usage: TokenUsage?
        if let counted = document["usage"], !counted.isNull { usage = try TokenUsage(document: counted) }
        self.init(content: content, stop: stop, usage: usage)
    }
}
