import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildTransport

@Suite(.timeLimit(.minutes(10))) struct HTTPClientTests {
    let client = HTTPClient.plain()

    @Test func `a response is read whole`() async throws {
        let server = try RawServer { _ in
            RawServer.respond(
                status: 201, headers: ["X-One": "1", "Set-Cookie": "a", "set-cookie": "b"], body: "hello")
        }
        let response = try await client.send(
            HTTPRequest(method: "POST", url: server.url("/things?q=1"), headers: ["X-Key": "k"], body: Array("hi".utf8))
        )
        #expect(response.status == 201)
        #expect(response.headers["x-one"] == "1")
        #expect(response.headers.all("Set-Cookie") == ["a", "b"])
        #expect(response.body == Array("hello".utf8))
        let request = try #require(server.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == "/things?q=1")
        #expect(request.body == Array("hi".utf8))
        #expect(request.headers["X-Key"] == "k")
        #expect(request.headers["Accept-Encoding"] == "identity")
        #expect(request.headers["User-Agent"] == "guild")
        #expect(request.headers["Content-Type"] == nil)
        #expect(request.headers["Expect"] == nil)
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func `a method goes out as given, without a body too`(method: String) async throws {
        let server = try RawServer { _ in RawServer.respond() }
        _ = try await client.send(HTTPRequest(method: method, url: server.url()))
        #expect(server.requests.map(\.method) == [method])
        #expect(server.requests.first?.body == [])
    }

    @Test func `a HEAD response has a length and no body`() async throws {
        let server = try RawServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")] }
        let response = try await client.send(HTTPRequest(method: "HEAD", url: server.url(), responseLimitBytes: 10))
        #expect(response.headers["Content-Length"] == "99999999")
        #expect(response.body == [])
    }

    @Test func `a large request body arrives whole`() async throws {
        let server = try RawServer { _ in RawServer.respond() }
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
        _ = try await client.send(HTTPRequest(method: "POST", url: server.url(), body: body))
        #expect(server.requests.first?.body == body)
    }

    @Test func `an empty header value is sent, and a given Content-Length is not doubled`() async throws {
        let server = try RawServer { _ in RawServer.respond() }
        _ = try await client.send(
            HTTPRequest(
                method: "PUT", url: server.url(), headers: ["X-Empty": "", "Content-Length": "2", "User-Agent": "own"],
                body: [1, 2]))
        let headers = try #require(server.requests.first?.headers)
        #expect(headers.all("X-Empty") == [""])
        #expect(headers.all("Content-Length") == ["2"])
        #expect(headers.all("User-Agent") == ["own"])
    }

    @Test func `interim responses and trailers are not the head`() async throws {
        let server = try RawServer { _ in
            [
                .send(
                    "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"),
                .send("X-Folded: a\r\n  b\r\n\r\n3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n"),
            ]
        }
        let response = try await client.send(HTTPRequest(url: server.url()))
        #expect(response.headers["X-Early"] == nil)
        #expect(response.headers["X-Late"] == nil)
        #expect(response.headers["X-Folded"] == "a b")
        #expect(response.body == Array("abc".utf8))
    }

    @Test func `a redirect is an answer like any other`() async throws {
        let server = try RawServer { _ in RawServer.respond(status: 302, headers: ["Location": "/elsewhere"]) }
        let response = try await client.send(HTTPRequest(url: server.url()))
        #expect(response.status == 302)
        #expect(server.requests.count == 1)
    }

    @Test func `a connection is used again`() async throws {
        let server = try RawServer { _ in RawServer.respond(body: "x") }
        for _ in 0..<5 { _ = try await client.send(HTTPRequest(url: server.url())) }
        #expect(server.requests.count == 5)
        #expect(server.acceptedConnections == 1)
    }

    @Test func `64 exchanges run at once`() async throws {
        let gate = try RawServerGate()
        let server = try RawServer { request in
            [.waitUntilReleased(gate)] + RawServer.respond(body: request.target)
        }
        let bodies = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(url: server.url("/\(number)")))
                    return String(decoding: response.body, as: UTF8.self)
                }
            }
            // None is answered before all have arrived.
            await server.waitForRequests(64)
            gate.release()
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(bodies == Set((0..<64).map { "/\($0)" }))
        #expect(server.acceptedConnections == 64)
    }

    @Test func `exchanges beyond the limit of a host wait for their turn`() async throws {
        let client = HTTPClient.plain { $0.maximumConnectionsPerHost = 2 }
        let server = try RawServer { _ in RawServer.respond() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await client.send(HTTPRequest(url: server.url())) } }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 20)
        #expect(server.acceptedConnections <= 2)
    }

    @Test func `one exchange more than may wait is refused`() async throws {
        let client = HTTPClient.plain {
            $0.maximumExchanges = 1
            $0.maximumWaiting = 1
        }
        let gate = try RawServerGate()
        let server = try RawServer { _ in [.waitUntilReleased(gate)] + RawServer.respond() }
        let outcomes = await withTaskGroup(of: HTTPFailure?.self) { group in
            for _ in 0..<8 { group.addTask { await client.failure(HTTPRequest(url: server.url())) } }
            var outcomes: [HTTPFailure?] = []
            for await outcome in group {
                outcomes.append(outcome)
                // The refusals come at once; the others once the server may answer.
                if outcomes.count == 6 { gate.release() }
            }
            return outcomes
        }
        #expect(outcomes.filter { $0 == .overloaded(limit: 1) }.count == 6)
        #expect(outcomes.filter { $0 == nil }.count == 2)
    }

    @Test func `a kept connection that dies is replaced for GET and reported for POST`() async throws {
        let server = try RawServer { request in
            request.target == "/die" && request.connection == 1 ? [.close] : RawServer.respond()
        }
        _ = try await client.send(HTTPRequest(url: server.url()))
        #expect(try await client.send(HTTPRequest(url: server.url("/die"))).status == 200)
        #expect(server.acceptedConnections == 2)

        let other = try RawServer { $0.target == "/die" ? [.close] : RawServer.respond() }
        _ = try await client.send(HTTPRequest(url: other.url()))
        let failure = await client.failure(HTTPRequest(method: "POST", url: other.url("/die"), body: [1]))
        #expect(failure?.isTruncated == true)
        #expect(other.requests.map(\.target) == ["/", "/die"])
    }

    @Test func `shutdown ends what runs and refuses what follows`() async throws {
        let server = try RawServer { _ in [.stallForever] }
        async let failure = client.failure(HTTPRequest(url: server.url()))
        await server.waitForRequests(1)
        client.shutdown()
        #expect(await failure == .cancelled)
        await client.waitUntilStopped()
        #expect(await client.failure(HTTPRequest(url: server.url())) == .cancelled)
        await server.waitForConnectionsClosedByPeer(1)
    }

    @Test func `an unused client has no thread, and a dropped one loses its own`() async throws {
        await HTTPClient.plain().loop.waitUntilStopped()
        let server = try RawServer { _ in RawServer.respond() }
        var client: HTTPClient? = .plain()
        let loop = try #require(client?.loop)
        _ = try await client?.send(HTTPRequest(url: server.url()))
        client = nil
        await loop.waitUntilStopped()
    }

    @Test func `a stream outlives its client`() async throws {
        let gate = try RawServerGate()
        let server = try RawServer { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"), .waitUntilReleased(gate), .send("cd")]
        }
        let stream = try await HTTPClient.plain().stream(HTTPRequest(url: server.url()))
        gate.release()
        #expect(try await stream.body.collect() == Array("abcd".utf8))
    }
}
