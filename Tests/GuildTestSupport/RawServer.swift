package import GuildDomain

/// A TCP server on loopback for peers that misbehave: each request's answer is a list of steps, taken in order.
///
/// It speaks just enough HTTP/1.1 to find where a request ends; what it answers is bytes. After the steps it reads the
/// next request of the same connection, unless one of them ended it. Nothing in it depends on time: a step waits for a
/// gate, and a test waits for what the server has seen.
package final class RawServer: Sendable {
    package struct Request: Sendable {
        package let method: String
        /// As on the request line: a path with its query, or a whole URL if a proxy is asked.
        package let target: String
        package let headers: Headers
        package let body: [UInt8]
        /// Counted from 1 in the order in which connections were accepted.
        package let connection: Int

        /// The target without its query.
        package var path: String { String(target.prefix { $0 != "?" }) }
    }

    package enum Step: Sendable {
        case send([UInt8])
        case waitUntilReleased(RawServerGate)
        case close
        /// Ends the connection with a TCP reset.
        case reset
        /// Until the peer or the server ends the connection.
        case stallForever
    }

    package typealias Script = @Sendable (Request) -> [Step]

    package let port: Int
    private let core: RawServerCore

    /// Listens on a free port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - greeting: taken as soon as a connection is accepted, before anything is read.
    ///   - script: the answer to each request; it is called on the connection's own thread.
    package init(greeting: [Step] = [], _ script: @escaping Script) throws {
        core = RawServerCore(greeting: greeting, script: script, stopGate: try RawServerGate())
        let (listener, port) = try RawServerCore.listen()
        self.port = port
        core.start(listener)
    }

    deinit { core.stop() }

    /// `http://127.0.0.1:PORT` and the path.
    package func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// One response with its Content-Length, which keeps the connection.
    package static func respond(status: Int = 200, headers: Headers = Headers(), body: [UInt8] = []) -> [Step] {
        [.send(response(status: status, headers: headers, body: body))]
    }

    package static func respond(status: Int = 200, headers: Headers = Headers(), body: String) -> [Step] {
        respond(status: status, headers: headers, body: Array(body.utf8))
    }

    /// The bytes of one response with its Content-Length.
    package static func response(status: Int, headers: Headers = Headers(), body: [UInt8] = []) -> [UInt8] {
        var head = "HTTP/1.1 \(status) Status\r\n"
        for field in headers.fields { head += "\(field.name): \(field.value)\r\n" }
        return Array("\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    /// All requests so far, in the order in which they were complete.
    package var requests: [Request] { core.seen.requests }
    package var acceptedConnections: Int { core.seen.accepted }
    /// Connections that the peer ended, not this server.
    package var connectionsClosedByPeer: Int { core.seen.closedByPeer }
    /// What all connections have written.
    package var sentBytes: Int { core.seen.sentBytes }

    /// Returns once there have been so many requests.
    package func waitForRequests(_ count: Int) async { await core.wait { $0.requests.count >= count } }

    package func waitForConnections(_ count: Int) async { await core.wait { $0.accepted >= count } }

    package func waitForConnectionsClosedByPeer(_ count: Int) async { await core.wait { $0.closedByPeer >= count } }

    /// Ends all connections and returns when the last thread has ended; a second call does nothing.
    package func stop() { core.stop() }
}

extension RawServer.Step {
    /// Text as UTF-8.
    package static func send(_ text: String) -> Self { .send(Array(text.utf8)) }
}
