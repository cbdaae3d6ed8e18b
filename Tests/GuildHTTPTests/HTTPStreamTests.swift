import Foundation
import GuildDomain
import GuildHTTP
import GuildTestSupport
import Logging
import ServiceLifecycle
import Testing

struct HTTPStreamTests {
    private struct Broken: Error {}

    private static func streaming(
        _ path: String,
        _ produce: @escaping @Sendable (AsyncThrowingStream<[UInt8], any Error>.Continuation) async -> Void
    ) -> Route {
        Route(.get, path, access: .open, summary: path) { _ in
            let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
            let task = Task { await produce(continuation) }
            continuation.onTermination = { _ in task.cancel() }
            return Reply(status: 200, headers: ["content-type": "text/event-stream"], body: .stream(stream))
        }
    }

    @Test func `pieces arrive as they are made, and the connection lives on`() async throws {
        let gate = Gate()
        let route = Self.streaming("/stream") { pieces in
            pieces.yield(Array("one".utf8))
            await gate.pass()
            pieces.yield([])
            pieces.yield(Array("two".utf8))
            pieces.finish()
        }
        try await withListener([route, .health]) { port, _ in
            try await talk(port) { client in
                try client.send(head: "GET /stream HTTP/1.1\nHost: a\n\n")
                #expect(try client.response(hasBody: false).headers["transfer-encoding"] == "chunked")
                #expect(try client.chunk() == Array("one".utf8))
                gate.open()
                #expect(try client.chunk() == Array("two".utf8))
                #expect(try client.chunk() == [])
                #expect(try client.request("GET", "/healthz").status == 200)
                #expect(try client.request("HEAD", "/stream").status == 200)
                #expect(try client.isClosed())
            }
        }
    }

    @Test func `a stream that fails ends the connection without its last chunk`() async throws {
        let route = Self.streaming("/stream") { pieces in
            pieces.yield(Array("one".utf8))
            pieces.finish(throwing: Broken())
        }
        try await withListener([route]) { port, _ in
            try await talk(port) { client in
                try client.send(head: "GET /stream HTTP/1.1\nHost: a\n\n")
                #expect(try client.response(hasBody: false).status == 200)
                #expect(try client.chunk() == Array("one".utf8))
                #expect(try client.chunk() == nil)
            }
        }
    }

    @Test func `a client that leaves stops the stream`() async throws {
        let (ends, end) = AsyncStream<Void>.makeStream()
        let route = Route(.get, "/stream", access: .open, summary: "Stream") { _ in
            let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
            continuation.onTermination = { _ in end.yield() }
            continuation.yield(Array("one".utf8))
            return Reply(status: 200, body: .stream(stream))
        }
        try await withListener([route]) { port, _ in
            try await talk(port) { client in
                try client.send(head: "GET /stream HTTP/1.1\nHost: a\n\n")
                #expect(try client.response(hasBody: false).status == 200)
                #expect(try client.chunk() == Array("one".utf8))
                client.reset()
            }
            for await _ in ends { break }
        }
    }

    @Test func `a shutdown lets the request in flight finish`() async throws {
        let gate = Gate()
        let route = Route(.get, "/slow", access: .open, summary: "Slow") { _ in
            await gate.pass()
            return Reply(status: 204)
        }
        try await withListener([route]) { port, group in
            async let idle = talk(port) { try $0.isClosed() }
            async let response = talk(port) { try $0.request("GET", "/slow") }
            await gate.arrival()
            await group.triggerGracefulShutdown()
            let idleClosed = try await idle
            #expect(idleClosed)
            gate.open()
            let answer = try await response
            #expect(answer.status == 204)
            #expect(answer.headers["connection"] == "close")
        }
    }

    @Test func `a shutdown survives half a request`() async throws {
        try await withListener([.health]) { port, group in
            let (answers, answered) = AsyncStream<Int>.makeStream()
            async let closed = talk(port) { client in
                try client.send(head: "GET /healthz HTTP/1.1\nHost: a\n\nGET /healthz HTTP/1.1\nHost")
                answered.yield(try client.response().status)
                return try client.isClosed()
            }
            let status = await answers.first { _ in true }
            #expect(status == 200)
            await group.triggerGracefulShutdown()
            let isClosed = try await closed
            #expect(isClosed)
        }
    }

    @Test func `a shutdown does not wait for ever`() async throws {
        let gate = Gate()
        let route = Route(.get, "/slow", access: .open, summary: "Slow") { _ in
            await gate.pass()
            return Reply(status: 204)
        }
        try await withListener([route], limits: HTTPLimits(drainTimeout: .milliseconds(20))) { port, group in
            async let closed = talk(port) { client in
                try client.send(head: "GET /slow HTTP/1.1\nHost: a\n\n")
                return try client.isClosed()
            }
            await gate.arrival()
            await group.triggerGracefulShutdown()
            let slowClosed = try await closed
            #expect(slowClosed)
        }
    }

    @Test func `an address in use is named`() async throws {
        try await withListener([.health]) { port, _ in
            let second = HTTPListener(
                routes: [.health], address: ListenAddress(host: "127.0.0.1", port: port),
                logger: .init(label: "test"))
            let failure = try await #require(throws: ListenFailure.self) { try await second.run() }
            #expect(failure.message.contains("127.0.0.1:\(port)"))
            #expect(failure.kind == .unavailable)
        }
    }
}
