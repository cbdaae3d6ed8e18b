import Foundation
package import GuildDomain

/// A blocking HTTP client over a plain socket, that can also send what no decent client would.
package final class RawClient {
    /// What came back.
    package struct Response: Sendable {
        package let status: Int
        package let headers: Headers
        package let body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }
        /// Nil is what a test then fails on.
        package var json: JSONValue? { try? JSONParser.parse(body) }
    }

    private let socket: Int32
    private var buffered: [UInt8] = []

    /// A hang in a test is cut after this.
    private static let timeoutSeconds = 20

    /// Connects to the loopback.
    package init(port: Int) throws {
        signal(SIGPIPE, SIG_IGN)
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: Self.timeoutSeconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(.unavailable, "cannot connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(socket) }

    /// Line feeds become CR LF.
    package func send(head: String) throws {
        try send(Array(head.replacingOccurrences(of: "\n", with: "\r\n").utf8))
    }

    /// As they are.
    package func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(.unavailable, "cannot send: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends as much as the system takes until the peer has read nothing for a second, or has closed.
    package func sendWhatFits(_ bytes: [UInt8]) {
        var rest = bytes[...]
        var poll = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        while !rest.isEmpty, Foundation.poll(&poll, 1, 1000) == 1, poll.revents & Int16(POLLOUT) != 0 {
            let count = rest.withUnsafeBytes {
                Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Closes our direction; the peer sees the end.
    package func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// Resets the connection: the peer learns that nothing more comes in either direction.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Sends a request and reads its response.
    package func request(_ method: String, _ path: String, headers: Headers = [:], body: [UInt8] = []) throws
        -> Response
    {
        var head = "\(method) \(path) HTTP/1.1\nHost: localhost\n"
        for field in headers.fields { head += "\(field.name): \(field.value)\n" }
        if !body.isEmpty { head += "Content-Length: \(body.count)\n" }
        try send(head: head + "\n")
        try send(body)
        return try response(hasBody: method != "HEAD")
    }

    /// Reads a response.
    ///
    /// - Parameter hasBody: false reads only its head.
    package func response(hasBody: Bool = true) throws -> Response {
        let head = try readHead()
        var lines = head.components(separatedBy: "\r\n")[...]
        let status = Int(lines.removeFirst().split(separator: " ").dropFirst().first ?? "") ?? 0
        var headers = Headers()
        for line in lines where !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers.append(String(parts[0]), parts.dropFirst().joined().trimmingCharacters(in: .whitespaces))
        }
        guard hasBody, status >= 200, status != 204 else { return Response(status: status, headers: headers, body: []) }
        return Response(status: status, headers: headers, body: try readBody(headers))
    }

    /// Everything until the peer closes.
    package func readToEnd() throws -> [UInt8] {
        while try fill() {}
        defer { buffered = [] }
        return buffered
    }

    /// Reads that many bytes and forgets them.
    ///
    /// - Returns: false where the peer closed before.
    package func skip(_ count: Int) throws -> Bool {
        var rest = count
        while rest > 0 {
            guard try !buffered.isEmpty || fill() else { return false }
            let taken = min(rest, buffered.count)
            buffered.removeFirst(taken)
            rest -= taken
        }
        return true
    }

    /// Whether the peer has closed, or closes now.
    package func isClosed() throws -> Bool { try buffered.isEmpty && !fill() }

    private func readHead() throws -> String {
        while true {
            if let end = buffered.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: buffered[..<end.lowerBound], as: UTF8.self)
                buffered.removeSubrange(..<end.upperBound)
                return head
            }
            guard try fill() else { throw Failure(.unavailable, "closed before a response") }
        }
    }

    private func readBody(_ headers: Headers) throws -> [UInt8] {
        if let length = headers["content-length"].flatMap({ Int($0) }) { return try take(length) }
        guard headers["transfer-encoding"] == "chunked" else { return try readToEnd() }
        var body: [UInt8] = []
        while let chunk = try chunk(), !chunk.isEmpty { body += chunk }
        return body
    }

    /// The next chunk, empty at the end; nil where the peer closed within it.
    package func chunk() throws -> [UInt8]? {
        var end = buffered.firstRange(of: [13, 10])
        while end == nil {
            guard try fill() else { return nil }
            end = buffered.firstRange(of: [13, 10])
        }
        guard let end, let size = Int(String(decoding: buffered[..<end.lowerBound], as: UTF8.self), radix: 16) else {
            throw Failure(.failed, "not a chunk")
        }
        buffered.removeSubrange(..<end.upperBound)
        let data = try take(size)
        _ = try take(2)
        return data
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffered.count < count {
            guard try fill() else { throw Failure(.unavailable, "closed within a body") }
        }
        defer { buffered.removeFirst(count) }
        return Array(buffered.prefix(count))
    }

    private func fill() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(socket, &buffer, buffer.count)
        if count < 0 && errno == ECONNRESET { return false }
        guard count >= 0 else { throw Failure(.unavailable, "cannot read: \(String(cString: strerror(errno)))") }
        buffered += buffer[..<count]
        return count > 0
    }
}

/// Runs blocking code on a thread of its own, so that it does not take one from the tasks under test.
package func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// One conversation over one connection.
package func talk<Value: Sendable>(
    _ port: Int, _ body: @escaping @Sendable (RawClient) throws -> Value
) async throws -> Value {
    try await blocking { try body(RawClient(port: port)) }
}
