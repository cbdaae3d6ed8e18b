import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildTransport

@Suite(.timeLimit(.minutes(10))) struct HTTPStreamTests {
    let client = HTTPClient.plain()

    @Test func `the head comes before the body is there`() async throws {
        let gate = try RawServerGate()
        let server = try RawServer { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-A: b\r\n\r\n"), .waitUntilReleased(gate), .send("abc")]
        }
        let stream = try await client.stream(HTTPRequest(url: server.url()))
        #expect(stream.status == 200)
        #expect(stream.headers["X-A"] == "b")
        gate.release()
        let (bytes, failure) = await stream.body.drain()
        #expect(bytes == Array("abc".utf8))
        #expect(failure == nil)
    }

    @Test func `a slow reader holds the peer back`() async throws {
        let chunk = [UInt8](repeating: 7, count: 1 << 20)
        let count = 32
        let server = try RawServer { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: \(count << 20)\r\n\r\n")]
                + [RawServer.Step](repeating: .send(chunk), count: count)
        }
        let request = HTTPRequest(url: server.url(), responseLimitBytes: count << 20)
        let stream = try await client.stream(request)
        let channel = stream.body.owner.channel
        while !channel.backlog.isPaused { await Task.yield() }
        let ceiling = HTTPChannel.highWaterBytes + (16 << 10)
        #expect(channel.backlog.bytes >= HTTPChannel.highWaterBytes)
        #expect(channel.backlog.bytes <= ceiling)
        #expect(server.sentBytes < count << 20)
        var (total, largest, isIntact) = (0, 0, true)
        for try await piece in stream.body {
            total += piece.count
            largest = max(largest, piece.count)
            isIntact = isIntact && piece == [UInt8](repeating: 7, count: piece.count)
        }
        #expect(total == count << 20)
        #expect(largest <= ceiling)
        #expect(isIntact)
    }

    @Test func `a reader that pauses is not an idle peer`() async throws {
        let body = [UInt8](repeating: 1, count: 4 << 20)
        let server = try RawServer { request in
            request.target == "/stall" ? [.stallForever] : RawServer.respond(body: body)
        }
        let timeouts = HTTPTimeouts(idle: .milliseconds(100))
        let stream = try await client.stream(HTTPRequest(url: server.url(), timeouts: timeouts))
        while !stream.body.owner.channel.backlog.isPaused { await Task.yield() }
        // Another exchange's timeout of twice that length shows that the time has passed.
        let other = HTTPRequest(url: server.url("/stall"), timeouts: HTTPTimeouts(firstByte: .milliseconds(200)))
        #expect(await client.failure(other) == .timeout(host: "127.0.0.1", phase: "first byte"))
        let (bytes, failure) = await stream.body.drain()
        #expect(bytes == body)
        #expect(failure == nil)
    }

    @Test func `cancelling before the head closes the connection`() async throws {
        let server = try RawServer { _ in [.stallForever] }
        let task = Task { await client.failure(HTTPRequest(url: server.url())) }
        await server.waitForRequests(1)
        task.cancel()
        #expect(await task.value == .cancelled)
        await server.waitForConnectionsClosedByPeer(1)
    }

    @Test func `cancelling within the body closes the connection`() async throws {
        let server = try RawServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .stallForever] }
        let stream = try await client.stream(HTTPRequest(url: server.url()))
        let task = Task { await stream.body.drain() }
        task.cancel()
        #expect(await task.value.failure == .cancelled)
        await server.waitForConnectionsClosedByPeer(1)
    }

    @Test func `dropping a stream closes the connection`() async throws {
        let server = try RawServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .stallForever] }
        do {
            let stream = try await client.stream(HTTPRequest(url: server.url()))
            var iterator = stream.body.makeAsyncIterator()
            #expect(try await iterator.next()?.isEmpty == false)
        }
        await server.waitForConnectionsClosedByPeer(1)
    }

    @Test func `a cancelled task starts nothing`() async throws {
        let server = try RawServer { _ in RawServer.respond() }
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await client.failure(HTTPRequest(url: server.url()))
        }
        #expect(await task.value == .cancelled)
        #expect(server.acceptedConnections == 0)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ])
    func `a body cut short is truncated after what did arrive`(answer: String) async throws {
        let server = try RawServer { _ in [.send(answer), .close] }
        let stream = try await client.stream(HTTPRequest(url: server.url()))
        let (bytes, failure) = await stream.body.drain()
        #expect(bytes == Array("abc".utf8))
        #expect(failure?.isTruncated == true)
        #expect(await client.failure(HTTPRequest(url: server.url()))?.isTruncated == true)
    }

    @Test(arguments: [
        [RawServer.Step.close], [.reset], [.send("HTTP/1.1 200 OK\r\nContent-Len"), .close],
        [.send("SSH-2.0-x\r\n"), .close],
        [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), .close],
    ])
    func `an answer that is not one is truncated`(steps: [RawServer.Step]) async throws {
        let server = try RawServer { _ in steps }
        let failure = await client.failure(HTTPRequest(url: server.url()))
        #expect(failure?.isTruncated == true, "\(String(describing: failure))")
    }

    @Test func `a head without end is refused`() async throws {
        let line = "X-Pad: \(String(repeating: "a", count: 60_000))\r\n"
        let server = try RawServer { _ in
            [.send("HTTP/1.1 200 OK\r\n")] + [RawServer.Step](repeating: .send(line), count: 20)
        }
        #expect(await client.failure(HTTPRequest(url: server.url()))?.isTruncated == true)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999\r\n\r\n0",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n01234567890",
    ])
    func `a body beyond the limit is refused`(answer: String) async throws {
        let server = try RawServer { _ in [.send(answer), .close] }
        let request = HTTPRequest(url: server.url(), responseLimitBytes: 10)
        #expect(await client.failure(request) == .bodyTooLarge(limitBytes: 10))
    }

    @Test func `server-sent events arrive byte by byte`() async throws {
        let text = ": hello\r\nevent: greet\r\nid: 7\r\ndata: grüß\r\ndata: dich 🦊\r\n\r\ndata:[DONE]\n\n"
        let server = try RawServer { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")]
                + text.utf8.map { .send([$0]) } + [.close]
        }
        var events: [ServerSentEvent] = []
        for try await event in try await client.stream(HTTPRequest(url: server.url())).events { events.append(event) }
        #expect(
            events == [
                ServerSentEvent(event: "greet", data: "grüß\ndich 🦊", id: "7"),
                ServerSentEvent(data: "[DONE]", id: "7"),
            ])
    }

    @Test func `an event beyond its limit ends the stream`() async throws {
        let server = try RawServer { _ in
            [
                .send("HTTP/1.1 200 OK\r\n\r\ndata: short\n\n"), .send("data: \(String(repeating: "x", count: 200))"),
                .stallForever,
            ]
        }
        let stream = try await client.stream(HTTPRequest(url: server.url()))
        var (events, failure): ([String], HTTPFailure?) = ([], nil)
        do {
            for try await event in stream.events(limitBytes: 100) { events.append(event.data) }
        } catch {
            failure = error
        }
        #expect(failure?.isTruncated == true)
        await server.waitForConnectionsClosedByPeer(1)
    }
}
