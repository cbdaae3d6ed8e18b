import GuildDomain
import Synchronization

/// A provider whose answers depend on `RequestDigest`, and so on the volatile values of the run.
package protocol KeyedProvider: ModelProvider {
    /// The same provider for requests in which these values are volatile.
    func replacing(_ volatile: [(name: String, value: String)]) -> any ModelProvider
}

extension ModelProvider {
    /// This provider for one invocation: when it replays or records, its keys replace these values.
    package func forRun(volatile: [(name: String, value: String)]) -> any ModelProvider {
        (self as? any KeyedProvider)?.replacing(volatile) ?? self
    }
}

/// Answers from a recording, without key or network; it never invents an answer.
///
/// Identical requests are answered in recorded order, in this process; after the last recorded answer comes an error.
package struct ReplayProvider: KeyedProvider {
    /// How often each key was answered; shared by all copies.
    private final class Cursor: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        /// - Returns: nil when all have been given.
        func next(_ key: String, of count: Int) -> Int? {
            counts.withLock { counts in
                let position = counts[key] ?? 0
                guard position < count else { return nil }
                counts[key] = position + 1
                return position
            }
        }
    }

    /// Always `replay`.
    package var name: String { "replay" }

    private let recording: Recording
    private let entriesByKey: [String: [Recording.Entry]]
    private let cursor: Cursor
    private let volatile: [(name: String, value: String)]

    package init(_ recording: Recording, volatile: [(name: String, value: String)] = []) {
        self.init(
            recording: recording,
            entriesByKey: Dictionary(grouping: recording.entries.filter { !$0.key.isEmpty }, by: \.key),
            cursor: Cursor(), volatile: volatile)
    }

    private init(
        recording: Recording, entriesByKey: [String: [Recording.Entry]], cursor: Cursor,
        volatile: [(name: String, value: String)]
    ) {
        self.recording = recording
        self.entriesByKey = entriesByKey
        self.cursor = cursor
        self.volatile = volatile
    }

    /// The provider with these volatile values.
    package func replacing(_ volatile: [(name: String, value: String)]) -> any ModelProvider {
        ReplayProvider(recording: recording, entriesByKey: entriesByKey, cursor: cursor, volatile: volatile)
    }

    /// Finds the recorded answer for the request.
    package func complete(
        _ request: ModelRequest, onDelta: @escaping @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn {
        let document = RequestDigest.document(of: request, volatile: volatile)
        let key = RequestDigest.key(of: document)
        let candidates = entriesByKey[key] ?? []
        guard let position = cursor.next(key, of: candidates.count) else {
            throw ReplayMiss(key: key, document: document, entries: recording.entries).failure
        }
        let entry = candidates[position]
        for content in entry.answer.content {
            for delta in Self.deltas(of: content) {
                guard !Task.isCancelled else { throw .cancelled }
                onDelta(delta)
            }
        }
        return ModelTurn(
            content: entry.answer.content, stop: entry.answer.stop, usage: entry.answer.usage, model: request.model,
            replayOrigin: entry.origin.rawValue)
    }

    private static func deltas(of content: ModelContent) -> [ModelDelta] {
        switch content {
        case .text(let text): words(text).map { .text($0) }
        case .reasoning(let value):
            words(value["thinking"]?.string ?? value["text"]?.string ?? "").map { .reasoning($0) }
        case .toolUse(let id, let name, _): [.toolUseStarted(id: id, name: name)]
        case .toolResult: []
        }
    }

    /// The text in pieces of one word with the space that follows it.
    private static func words(_ text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var endsInSpace = false
        for character in text {
            if endsInSpace, !character.isWhitespace {
                pieces.append(piece)
                piece = ""
            }
            piece.append(character)
            endsInSpace = character.isWhitespace
        }
        return piece.isEmpty ? pieces : pieces + [piece]
    }
}
