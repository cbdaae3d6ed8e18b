import GuildDomain
import GuildTestSupport
import Logging
import Synchronization
import Testing

@testable import GuildHTTP

/// What a peer can make grow, and what it gets for trying.
@Suite(.timeLimit(.minutes(2))) struct BackPressureTests {
    /// More than the kernel holds for a connection on either side.
    private static let largeBytes = 24 << 20

    private static func large(_ calls: Counter) -> Route {
        let content = [UInt8](repeating: 0x61, count: largeBytes)
        return Route(.get, "/large", access: .open, summary: "Large") { _ in
            calls.add()
            return Reply(status: 200, body: .bytes(content))
        }
    }

    private static let echo = Route(.post, "/echo", access: .open, summary: "Echo") {
        Reply(status: 200, body: .bytes($0.body))
    }

    final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }

    @Test func `the next request is taken only when the socket has taken the answer`() async throws {
        let calls = Counter()
        try await withListener([Self.large(calls)]) { port, _ in
            try await talk(port) { client in
                try client.send(head: String(repeating: "GET /large HTTP/1.1\nHost: a\n\n", count: 3))
                #expect(try client.response(hasBody: false).status == 200)
                #expect(calls.count == 1)
                #expect(try client.skip(Self.largeBytes))
                #expect(try client.response().body.count == Self.largeBytes)
                #expect(try client.response().body.count == Self.largeBytes)
                #expect(calls.count == 3)
            }
        }
    }

    @Test func `requests sent ahead are all answered, in order, also when no further one can come`() async throws {
        let route = Route(.get, "/n/:n", access: .open, summary: "N") { request in
            Reply(status: 200, body: .bytes(Array((request.parameters["n"] ?? "").utf8)))
        }
        try await withListener([route]) { port, _ in
            try await talk(port) { client in
                try client.send(head: (0..<500).map { "GET /n/\($0) HTTP/1.1\nHost: a\n\n" }.joined())
                client.finishSending()
                for number in 0..<500 { #expect(try client.response().text == "\(number)") }
            }
        }
    }

    @Test func `a client that takes no answer is cut off when too many wait`() async throws {
        let limits = HTTPLimits(unsentAnswerBytes: 1 << 20)
        try await withListener([Self.large(Counter()), .health], limits: limits) { port, _ in
            let came = try await talk(port) { client in
                try client.send(head: "GET /large HTTP/1.1\nHost: a\n\n")
                return try client.readToEnd().count
            }
            #expect(came < Self.largeBytes)
            let health = try await talk(port) { try $0.request("GET", "/healthz") }
            #expect(health.status == 200)
        }
    }

    @Test func `an announced length takes no room`() async throws {
        try await withListener([Self.echo], limits: HTTPLimits(bufferedBodyBytes: 1000)) { port, _ in
            let status = try await blocking {
                let silent = try (0..<5).map { _ in try RawClient(port: port) }
                for client in silent {
                    try client.send(head: "POST /echo HTTP/1.1\nHost: a\nContent-Length: 900000\n\nabc")
                }
                return try withExtendedLifetime(silent) {
                    try RawClient(port: port).request("POST", "/echo", body: [UInt8](repeating: 0, count: 900)).status
                }
            }
            #expect(status == 200)
        }
    }

    @Test func `behind a proxy the quota is the client's own`() async throws {
        let gate = Gate()
        let hold = Route(.post, "/hold", access: .open, summary: "Hold") { _ in
            await gate.pass()
            return Reply(status: 204)
        }
        try await withListener([hold, Self.echo], limits: HTTPLimits(bodyBytesPerAddress: 1000)) { port, _ in
            let body = [UInt8](repeating: 0, count: 800)
            async let first = talk(port) {
                try $0.request("POST", "/hold", headers: ["X-Forwarded-For": "192.0.2.1"], body: body)
            }
            await gate.arrival()
            let statuses = try await blocking {
                try [["192.0.2.1"], ["192.0.2.1, 127.0.0.1"], ["192.0.2.2"], []].map { hops -> Int in
                    let headers = Headers(hops.map { ("X-Forwarded-For", $0) })
                    return try RawClient(port: port).request("POST", "/echo", headers: headers, body: body).status
                }
            }
            #expect(statuses == [429, 429, 200, 200])
            gate.open()
            let answer = try await first
            #expect(answer.status == 204)
        }
    }

    @Test func `connections that say nothing make room for those that do`() async throws {
        let limits = HTTPLimits(maxConnections: 8, firstByteTimeout: .seconds(60))
        try await withListener([.health], limits: limits) { port, _ in
            let statuses = try await blocking {
                let silent = try (0..<40).map { _ in try RawClient(port: port) }
                return try withExtendedLifetime(silent) {
                    try (0..<10).map { _ in try RawClient(port: port).request("GET", "/healthz").status }
                }
            }
            #expect(statuses == [Int](repeating: 200, count: 10))
        }
    }

    @Test func `clients that take no answers make room for others, too`() async throws {
        let calls = Counter()
        let limits = HTTPLimits(maxConnections: 4, unsentAnswerBytes: 1 << 30)
        try await withListener([Self.large(calls), .health], limits: limits) { port, _ in
            let statuses = try await blocking {
                let greedy = try (0..<20).map { _ in try RawClient(port: port) }
                for client in greedy {
                    // One that has been closed for another cannot be sent to: that is what is wanted.
                    try? client.send(head: "GET /large HTTP/1.1\nHost: a\n\n")
                }
                return try withExtendedLifetime(greedy) {
                    try (0..<10).map { _ in try RawClient(port: port).request("GET", "/healthz").status }
                }
            }
            #expect(statuses == [Int](repeating: 200, count: 10))
        }
    }

    @Test func `a connection without a first byte is closed soon`() async throws {
        try await withListener([.health], limits: HTTPLimits(firstByteTimeout: .milliseconds(50))) { port, _ in
            let silent = try await talk(port) { try $0.isClosed() }
            #expect(silent)
        }
    }

    @Test func `a connection with half a header is closed soon`() async throws {
        try await withListener([.health], limits: HTTPLimits(headTimeout: .milliseconds(50))) { port, _ in
            let half = try await talk(port) { client in
                try client.send(head: "GET /healthz HTTP/1.1\nHost: a\n")
                return try client.isClosed()
            }
            #expect(half)
        }
    }

    @Test func `a request that its head condemns is answered before its body comes`() async throws {
        let route = Route(
            .post, "/signed", access: .open, summary: "Signed",
            refuse: { $0.headers["x-signature"] == nil ? .problem(status: 401, title: "Unauthorized") : nil }
        ) { _ in Reply(status: 204) }
        try await withListener([route]) { port, _ in
            try await talk(port) { client in
                try client.send(head: "POST /signed HTTP/1.1\nHost: a\nContent-Length: 900000\n\n")
                #expect(try client.response().status == 401)
                #expect(try client.isClosed())
            }
            try await talk(port) { client in
                let unsigned = try client.request("POST", "/signed", body: [1, 2, 3])
                #expect(unsigned.status == 401)
                let signed = try client.request("POST", "/signed", headers: ["X-Signature": "x"], body: [1])
                #expect(signed.status == 204)
            }
        }
    }

    @Test func `more header fields than the limit are 431`() async throws {
        try await withListener([.health], limits: HTTPLimits(headerFields: 10)) { port, _ in
            let fields = (0..<20).map { "X-\($0): a\n" }.joined()
            let response = try await talk(port) { client in
                try client.send(head: "GET /healthz HTTP/1.1\nHost: a\n\(fields)\n")
                return try client.response()
            }
            #expect(response.status == 431)
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nA: b\r\n\r\nGET", 24), ("\r\n\r\n", 4), ("a\n\nb", 3), ("a\n\r\nb", 4), ("a\r\nb", 4),
        ("a\r\n\r", 4), ("", 0), ("\n", 1), ("abc", 3),
    ])
    func `the parser gets the bytes up to a blank line`(text: String, count: Int) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBytes { RequestGate.countToBlankLine($0) } == count)
    }
}
