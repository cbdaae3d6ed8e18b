import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct HTTPTimeoutTests {
    let client = HTTPClient.plain()
    let short = Duration.milliseconds(100)

    private func phase(_ server: RawServer, _ timeouts: HTTPTimeouts, body: [UInt8] = []) async -> HTTPFailure? {
        await client.failure(HTTPRequest(method: "POST", url: server.url(), body: body, timeouts: timeouts))
    }

    @Test func `a peer that never finishes the handshake times out in connect`() async throws {
        let server = try RawServer(greeting: [.stallForever]) { _ in [] }
        let url = server.url().replacing("http:", with: "https:")
        let failure = await client.failure(HTTPRequest(url: url, timeouts: HTTPTimeouts(connect: short)))
        #expect(failure == .timeout(host: "127.0.0.1", phase: "connect"))
        await server.waitForConnectionsClosedByPeer(1)
    }

    @Test(arguments: [0, 5, 200_000])
    func `a peer that never answers times out in first byte`(bodyBytes: Int) async throws {
        let server = try RawServer { _ in [.stallForever] }
        let body = [UInt8](repeating: 1, count: bodyBytes)
        let failure = await phase(server, HTTPTimeouts(firstByte: short), body: body)
        #expect(failure == .timeout(host: "127.0.0.1", phase: "first byte"))
        await server.waitForConnectionsClosedByPeer(1)
    }

    @Test func `a peer that never reads times out in idle`() async throws {
        let server = try RawServer(greeting: [.stallForever]) { _ in [] }
        let body = [UInt8](repeating: 1, count: 32 << 20)
        let failure = await phase(server, HTTPTimeouts(idle: short), body: body)
        #expect(failure == .timeout(host: "127.0.0.1", phase: "idle"))
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"])
    func `a peer that stops within its answer times out in idle`(answer: String) async throws {
        let server = try RawServer { _ in [.send(answer), .stallForever] }
        let failure = await phase(server, HTTPTimeouts(idle: short))
        #expect(failure == .timeout(host: "127.0.0.1", phase: "idle"))
    }

    @Test func `the total bounds the whole`() async throws {
        let server = try RawServer { _ in [.stallForever] }
        let failure = await phase(server, HTTPTimeouts(total: short))
        #expect(failure == .timeout(host: "127.0.0.1", phase: "total"))
    }

    @Test func `the total runs while an exchange waits for its turn`() async throws {
        let client = HTTPClient.plain { $0.maximumExchanges = 1 }
        let server = try RawServer { _ in [.stallForever] }
        async let first = client.failure(HTTPRequest(url: server.url()))
        await server.waitForRequests(1)
        let second = await client.failure(HTTPRequest(url: server.url(), timeouts: HTTPTimeouts(total: short)))
        #expect(second == .timeout(host: "127.0.0.1", phase: "total"))
        client.shutdown()
        #expect(await first == .cancelled)
        #expect(server.requests.count == 1)
    }

    @Test func `a stream that falls silent fails in its body`() async throws {
        let server = try RawServer { _ in [.send("HTTP/1.1 200 OK\r\n\r\nabc"), .stallForever] }
        let stream = try await client.stream(HTTPRequest(url: server.url(), timeouts: HTTPTimeouts(idle: short)))
        let (bytes, failure) = await stream.body.drain()
        #expect(bytes == Array("abc".utf8))
        #expect(failure == .timeout(host: "127.0.0.1", phase: "idle"))
    }

    @Test func `timeouts beyond all measure are none`() async throws {
        let server = try RawServer { _ in RawServer.respond() }
        let endless = Duration.seconds(Int64.max)
        let timeouts = HTTPTimeouts(connect: endless, firstByte: endless, idle: endless, total: endless)
        #expect(await phase(server, timeouts) == nil)
    }
}
