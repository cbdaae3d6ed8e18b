package import GuildDomain

/// A response whose body is read as it comes. Dropping it, its body and its iterators ends the exchange.
package struct HTTPStream: Sendable {
    /// The HTTP status.
    package let status: Int
    /// The header fields of the final head.
    package let headers: Headers
    /// The body, piece by piece.
    package let body: HTTPBody
}

/// A response body, in pieces of at least a byte; for one reader.
///
/// A slow reader holds the peer back: at most `HTTPChannel.highWaterBytes` and one read of curl's wait here. A
/// cancelled reading task ends the exchange with `HTTPFailure.cancelled`; a truncated body ends with
/// `HTTPFailure.truncated`, after the bytes that did arrive.
package struct HTTPBody: AsyncSequence, Sendable {
    /// A piece of at least a byte.
    package typealias Element = [UInt8]
    /// The failure of the exchange.
    package typealias Failure = HTTPFailure

    let owner: HTTPStreamOwner

    /// Begins reading; a body has one reader.
    package func makeAsyncIterator() -> Iterator { Iterator(owner: owner) }

    /// Reads the pieces one by one.
    package struct Iterator: AsyncIteratorProtocol {
        let owner: HTTPStreamOwner
        private var isOver = false

        init(owner: HTTPStreamOwner) { self.owner = owner }

        /// The next piece; nil at the end of the body.
        package mutating func next() async throws(HTTPFailure) -> [UInt8]? {
            guard !isOver else { return nil }
            let result = await owner.channel.piece()
            switch result {
            case .success(let bytes?): return bytes
            case .success(nil):
                isOver = true
                return nil
            case .failure(let failure):
                isOver = true
                throw failure
            }
        }
    }

    /// The rest of the body, read whole.
    package func collect() async throws(HTTPFailure) -> [UInt8] {
        var whole: [UInt8] = []
        var iterator = makeAsyncIterator()
        while let piece = try await iterator.next() { whole += piece }
        return whole
    }
}

/// Shared by a stream's parts: the last one to go ends the exchange and, with the client gone too, the client's thread.
final class HTTPStreamOwner: Sendable {
    let channel: HTTPChannel
    var host: String { channel.host }
    private let lease: CurlLoopLease

    init(channel: HTTPChannel, lease: CurlLoopLease) {
        self.channel = channel
        self.lease = lease
    }

    deinit { channel.cancel() }
}
