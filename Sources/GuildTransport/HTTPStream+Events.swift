extension HTTPStream {
    /// The body as server-sent events; for one reader. A line or an event beyond the limit ends it with
    /// `HTTPFailure.truncated`, as does a connection that breaks.
    package var events: HTTPEvents { HTTPEvents(body: body, limitBytes: ServerSentEvents.defaultLimitBytes) }

    /// The same with another limit, in bytes, of a line and of an event's data.
    package func events(limitBytes: Int) -> HTTPEvents { HTTPEvents(body: body, limitBytes: limitBytes) }
}

/// The events of a streamed response, in their order.
package struct HTTPEvents: AsyncSequence, Sendable {
    /// One event of the stream.
    package typealias Element = ServerSentEvent
    /// The failure of the exchange.
    package typealias Failure = HTTPFailure

    let body: HTTPBody
    let limitBytes: Int

    /// Begins reading; a stream has one reader.
    package func makeAsyncIterator() -> Iterator {
        Iterator(pieces: body.makeAsyncIterator(), parser: ServerSentEvents(limitBytes: limitBytes))
    }

    /// Reads the events one by one.
    package struct Iterator: AsyncIteratorProtocol {
        private var pieces: HTTPBody.Iterator
        private var parser: ServerSentEvents
        /// Parsed and not yet given out, the next one last.
        private var ready: [ServerSentEvent] = []
        private var isBroken = false

        init(pieces: HTTPBody.Iterator, parser: ServerSentEvents) {
            self.pieces = pieces
            self.parser = parser
        }

        /// The sender's last requested delay before a reconnection.
        package var reconnectionDelay: Duration? { parser.reconnectionDelay }

        /// The next event; nil at the end of the stream.
        package mutating func next() async throws(HTTPFailure) -> ServerSentEvent? {
            while ready.isEmpty {
                guard !isBroken, let piece = try await pieces.next() else { return nil }
                do {
                    ready = try parser.push(piece).reversed()
                } catch {
                    isBroken = true
                    pieces.owner.channel.cancel()
                    throw HTTPFailure.truncated(host: pieces.owner.host, reason: error.message)
                }
            }
            return ready.popLast()
        }
    }
}
