import GuildDomain

@testable import GuildRuntime

/// Feeds a stream from JSON texts, each the data of one event, as a connection would.
struct StreamFeed<Stream: AnswerStream> {
    var stream: Stream
    var deltas: [ModelDelta] = []

    init(_ stream: Stream) { self.stream = stream }

    mutating func feed(_ events: [String]) throws(ModelFailure) {
        for data in events { deltas += try stream.apply(event: nil, data: data) }
    }

    /// The turn that these events make.
    static func turn(_ stream: Stream, _ events: [String]) throws(ModelFailure) -> ModelTurn {
        var feed = StreamFeed(stream)
        try feed.feed(events)
        return try feed.stream.finish()
    }

    /// The failure that these events end in, or nil where they make a turn.
    static func failure(_ stream: Stream, _ events: [String]) -> ModelFailure? {
        do {
            _ = try turn(stream, events)
            return nil
        } catch {
            return error
        }
    }
}
