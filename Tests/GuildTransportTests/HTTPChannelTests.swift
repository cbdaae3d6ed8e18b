import Testing

@testable import GuildTransport

/// What a caller gets of an exchange that ended before it asked.
struct HTTPChannelTests {
    private static let exchange = HTTPExchangeID(number: 1)
    private static let failure = HTTPFailure.truncated(host: "h", reason: "cut")

    private func ended(_ outcome: Result<Void, HTTPFailure>, _ delivery: HTTPChannel.Delivery) -> HTTPChannel {
        let channel = HTTPChannel(
            Self.exchange, host: "h", delivery: delivery, loop: CurlLoop(settings: HTTPClientSettings()))
        channel.deliver(HTTPHead(status: 200))
        _ = [UInt8]("ab".utf8).withUnsafeBytes { channel.deliver($0) }
        channel.finish(outcome)
        return channel
    }

    @Test func `a stream that broke off before it was asked for still has its head and what came`() async throws {
        let channel = ended(.failure(Self.failure), .streamed)
        #expect(try await channel.head().get().status == 200)
        #expect(try await channel.piece().get() == [UInt8]("ab".utf8))
        let error = await #expect(throws: HTTPFailure.self) { try await channel.piece().get() }
        #expect(error == Self.failure)
    }

    @Test func `a whole response that broke off has none, nor a stream that was cancelled`() async throws {
        let whole = ended(.failure(Self.failure), .whole)
        await #expect(throws: HTTPFailure.self) { try await whole.head().get() }
        let cancelled = ended(.failure(.cancelled), .streamed)
        await #expect(throws: HTTPFailure.self) { try await cancelled.head().get() }
    }
}
