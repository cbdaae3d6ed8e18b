import GuildDomain
import GuildHTTP
import GuildTestSupport
import Logging
import ServiceLifecycle
import Synchronization
import Testing

struct HTTPListenerTests {
    private static func echo(limit: Int = 1 << 20) -> Route {
        Route(.post, "/echo", access: .open, summary: "Echo", bodyLimitBytes: limit) { request in
            Reply(
                status: 200, headers: ["content-type": "text/plain", "X-Length": "\(request.body.count)"],
                body: .bytes(request.body))
        }
    }

    private static func get(_ path: String, _ handle: @escaping @Sendable (Request) async throws -> Reply) -> Route {
        Route(.get, path, access: .open, summary: path, handle: handle)
    }

    @Test func `a request reaches its handler whole`() async throws {
        let route = Route(.post, "/agents/:name/runs", access: .open, summary: "Run") { request in
            Reply.json([
                "name": .string(request.parameters["name"] ?? ""), "q": .string(request.queryValue("q") ?? ""),
                "type": .string(request.headers["content-type"] ?? ""), "path": .string(request.path),
                "body": .string(String(decoding: request.body, as: UTF8.self)),
                "remote": .string(request.remoteAddress ?? ""), "method": .string(request.method),
            ])
        }
        try await withListener([route]) { port, _ in
            let response = try await talk(port) {
                try $0.request(
                    "POST", "/agents/win%20nie/runs?q=a+b", headers: ["Content-Type": "text/x"],
                    body: Array("hello".utf8))
            }
            #expect(response.status == 200)
            #expect(response.headers["date"] != nil)
            #expect(
                response.json == [
                    "name": "win nie", "q": "a b", "type": "text/x", "path": "/agents/win%20nie/runs", "body": "hello",
                    "remote": "127.0.0.1", "method": "POST",
                ])
        }
    }

    @Test func `requests follow each other on one connection, also unasked`() async throws {
        try await withListener([Self.echo()]) { port, _ in
            try await talk(port) { client in
                for size in [0, 1, 100, 70_000, 1 << 20] {
                    let body = [UInt8](repeating: 0x61, count: size)
                    #expect(try client.request("POST", "/echo", body: body).body == body)
                }
                let one = "POST /echo HTTP/1.1\nHost: a\nContent-Length: 1\n\n"
                try client.send(head: one + "1" + one + "2" + one + "3")
                for text in ["1", "2", "3"] { #expect(try client.response().text == text) }
                try client.send(
                    head: "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n")
                #expect(try client.response().text == "abcde")
            }
        }
    }

    @Test func `HEAD is answered by GET without the body`() async throws {
        try await withListener([.health]) { port, _ in
            try await talk(port) { client in
                let head = try client.request("HEAD", "/healthz")
                #expect(head.status == 200)
                #expect(head.headers["content-length"] == "15")
                #expect(try client.request("GET", "/healthz").text == #"{"status":"ok"}"#)
            }
        }
    }

    @Test func `an unknown path is 404, a wrong method 405, a broken path 400`() async throws {
        try await withListener([.health, Self.echo()]) { port, _ in
            try await talk(port) { client in
                let missing = try client.request("POST", "/nothing", body: Array("ignored".utf8))
                #expect(missing.status == 404)
                #expect(missing.headers["content-type"] == "application/problem+json")
                #expect(missing.json?["status"] == 404)
                let wrong = try client.request("DELETE", "/healthz")
                #expect(wrong.status == 405)
                #expect(wrong.headers["allow"] == "GET, HEAD")
                #expect(try client.request("OPTIONS", "/echo").headers["allow"] == "POST")
                #expect(try client.request("GET", "/%zz").status == 400)
                #expect(try client.request("GET", "/healthz").status == 200)
            }
        }
    }

    @Test func `a body over the limit is 413 and ends the connection`() async throws {
        let calls = Mutex(0)
        let route = Route(.post, "/small", access: .open, summary: "Small", bodyLimitBytes: 10) { _ in
            calls.withLock { $0 += 1 }
            return Reply(status: 204)
        }
        try await withListener([route]) { port, _ in
            let declared = try await talk(port) { client in
                let response = try client.request("POST", "/small", body: [UInt8](repeating: 0, count: 1 << 20))
                #expect(try client.isClosed())
                return response
            }
            #expect(declared.status == 413)
            #expect(declared.headers["connection"] == "close")
            let chunked = try await talk(port) { client in
                try client.send(head: "POST /small HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nb\n01234567890\n")
                let response = try client.response()
                #expect(try client.isClosed())
                return response
            }
            #expect(chunked.status == 413)
            let fits = try await talk(port) { try $0.request("POST", "/small", body: [UInt8](repeating: 0, count: 10)) }
            #expect(fits.status == 204)
        }
        #expect(calls.withLock { $0 } == 1)
    }

    @Test(arguments: [
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 10\n\nabc",
        "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n", "POST /echo HT",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: 3\nContent-Length: 4\n\nabcd",
        "POST /echo HTTP/1.1\nHost: a\nContent-Length: -3\n\nabc", "NONSENSE\n\n",
        "POST /echo HTTP/2.0\nHost: a\nContent-Length: 3\n\nabc",
    ])
    func `a request that breaks off or makes no sense reaches no handler`(text: String) async throws {
        let route = Route(.post, "/echo", access: .open, summary: "Echo") { _ in
            Issue.record("called")
            return Reply(status: 200)
        }
        try await withListener([route]) { port, _ in
            let answer = try await talk(port) { client in
                try client.send(head: text)
                client.finishSending()
                return String(decoding: try client.readToEnd(), as: UTF8.self)
            }
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func `a header that is too large is 431`() async throws {
        try await withListener([.health], limits: HTTPLimits(headerBytes: 1000)) { port, _ in
            for head in [
                "GET /healthz HTTP/1.1\nHost: a\nX: " + String(repeating: "a", count: 2000) + "\n\n",
                "GET /healthz?" + String(repeating: "a", count: 2000) + " HTTP/1.1\nHost: a\n\n",
                "GET /healthz HTTP/1.1\n" + String(repeating: "X: aaaaaaaaaa\n", count: 100) + "\n",
            ] {
                let response = try await talk(port) {
                    try $0.send(head: head)
                    return try $0.response()
                }
                #expect(response.status == 431)
            }
        }
    }

    @Test func `errors become problems by their kind`() async throws {
        struct Secret: Error {}
        let routes =
            ErrorKind.allCases.map { kind in
                Self.get("/kind/\(kind)") { _ in throw Failure(kind, "it is \(kind)", hint: "try again") }
            } + [
                Self.get("/secret") { _ in throw Secret() },
                Self.get("/json") { _ in .json(try JSONParser.parse("{")) },
                Self.get("/status") { _ in Reply(status: 101) },
                Self.get("/split") { _ in Reply(status: 200, headers: ["x": "a\r\nb: c", "c d": "e", "ok": "1"]) },
            ]
        let expected: [ErrorKind: Int] = [
            .failed: 500, .usage: 400, .invalidCodex: 503, .outOfBudget: 403, .refused: 403, .unavailable: 503,
            .interrupted: 503,
        ]
        try await withListener(routes) { port, _ in
            try await talk(port) { client in
                for kind in ErrorKind.allCases {
                    let response = try client.request("GET", "/kind/\(kind)")
                    #expect(response.status == expected[kind])
                    #expect(response.json?["detail"] == .string("it is \(kind)"))
                    #expect(response.json?["hint"] == "try again")
                }
                let secret = try client.request("GET", "/secret")
                #expect(secret.status == 500)
                #expect(secret.json == ["type": "about:blank", "title": "Internal Server Error", "status": 500])
                #expect(try client.request("GET", "/json").status == 400)
                #expect(try client.request("GET", "/status").status == 500)
                let split = try client.request("GET", "/split").headers
                #expect(split["b"] == nil)
                #expect(split["ok"] == "1")
            }
        }
    }

    @Test func `a scope needs a token that has it`() async throws {
        let route = Route(.post, "/approve", access: .scope("approve"), summary: "Approve") { _ in Reply(status: 204) }
        let tokens = BearerTokens([
            .init(token: "person", scopes: ["approve"]), .init(token: "probe", scopes: ["read"]),
        ])
        try await withListener([route], tokens: tokens) { port, _ in
            try await talk(port) { client in
                let none = try client.request("POST", "/approve")
                #expect(none.status == 401)
                #expect(none.headers["www-authenticate"] == "Bearer")
                let wrong = try client.request("POST", "/approve", headers: ["Authorization": "Bearer persons"])
                #expect(wrong.status == 401)
                #expect(wrong.headers["www-authenticate"]?.contains("invalid_token") == true)
                let probe = try client.request("POST", "/approve", headers: ["Authorization": "Bearer probe"])
                #expect(probe.status == 403)
                let person = try client.request("POST", "/approve", headers: ["Authorization": "Bearer person"])
                #expect(person.status == 204)
            }
        }
    }

    @Test func `an open route shows more to a token that has its scope, and turns no other away`() async throws {
        let route = Route.readiness(moreFor: "read") { Readiness(detail: [("codex", ["commit": .bool($0)])]) }
        let tokens = BearerTokens([
            .init(token: "person", scopes: ["approve"]), .init(token: "probe", scopes: ["read"]),
        ])
        let document = OpenAPI.document(title: "t", version: "1", of: [route])
        #expect(document["paths"]?["/readyz"]?["get"]?["security"] == [[:], ["bearer": []]])
        try await withListener([route], tokens: tokens) { port, _ in
            try await talk(port) { client in
                let cases: [(String?, Bool)] = [(nil, false), ("nobody", false), ("person", false), ("probe", true)]
                for (token, isShownMore) in cases {
                    let headers: Headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
                    let answer = try client.request("GET", "/readyz", headers: headers)
                    #expect(answer.status == 200)
                    #expect(String(decoding: answer.body, as: UTF8.self).contains("\(isShownMore)"), "\(token ?? "-")")
                }
            }
        }
    }

    @Test(arguments: [(true, "unready", 503), (false, "degraded", 200)])
    func `a part that is not ready counts for more than one that works partly`(
        isUnready: Bool, status: String, code: Int
    ) async throws {
        let unready = isUnready ? [(part: "ledger", reason: "cannot be read")] : []
        let route = Route.readiness(moreFor: "read") { _ in Readiness(unready: unready, isDegraded: true) }
        try await withListener([route]) { port, _ in
            try await talk(port) { client in
                let answer = try client.request("GET", "/readyz")
                #expect(answer.status == code)
                #expect(String(decoding: answer.body, as: UTF8.self).contains(#""status":"\#(status)""#))
            }
        }
    }

    @Test(arguments: [
        ("no-such-host.invalid", "this host name is unknown here"),
        ("192.0.2.1", "Cannot assign requested address"),
    ])
    func `an address that cannot be bound is refused in plain words`(host: String, reason: String) async throws {
        let address = ListenAddress(host: host, port: 0)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(
            services: [HTTPListener(routes: [.health], address: address, logger: logger)], logger: logger)
        await #expect(throws: ListenFailure.cannotBind(address: address, reason: reason)) { try await group.run() }
    }

    @Test func `a listener that is full says when to come back`() async throws {
        let gate = Gate()
        let routes = [
            Self.get("/slow") { _ in
                await gate.pass()
                return Reply(status: 204)
            }
        ]
        try await withListener(routes, limits: HTTPLimits(maxRequestsInFlight: 1, retryAfterSeconds: 7)) { port, _ in
            async let first = talk(port) { try $0.request("GET", "/slow") }
            await gate.arrival()
            let second = try await talk(port) { try $0.request("GET", "/slow") }
            #expect(second.status == 503)
            #expect(second.headers["retry-after"] == "7")
            gate.open()
            let response = try await first
            #expect(response.status == 204)
        }
    }

    @Test func `bodies held in memory have a common limit`() async throws {
        try await withListener([Self.echo()], limits: HTTPLimits(bufferedBodyBytes: 1000)) { port, _ in
            for _ in 0..<3 {
                let large = try await talk(port) {
                    try $0.request("POST", "/echo", body: [UInt8](repeating: 0, count: 2000))
                }
                #expect(large.status == 503)
                let small = try await talk(port) {
                    try $0.request("POST", "/echo", body: [UInt8](repeating: 0, count: 900))
                }
                #expect(small.status == 200)
            }
        }
    }

    @Test func `connections over the limit wait for one to close`() async throws {
        try await withListener([.health], limits: HTTPLimits(maxConnections: 1)) { port, _ in
            for _ in 0..<3 {
                let response = try await talk(port) { try $0.request("GET", "/healthz") }
                #expect(response.status == 200)
            }
        }
    }

    @Test func `a body that does not come is 408`() async throws {
        try await withListener([Self.echo()], limits: HTTPLimits(bodyTimeout: .milliseconds(50))) { port, _ in
            let slow = try await talk(port) { client in
                try client.send(head: "POST /echo HTTP/1.1\nHost: a\nContent-Length: 10\n\nabc")
                return try client.response()
            }
            #expect(slow.status == 408)
        }
    }

    @Test func `a client that asks to continue is told to`() async throws {
        try await withListener([Self.echo(limit: 100)]) { port, _ in
            try await talk(port) { client in
                let head = "POST /echo HTTP/1.1\nHost: a\nExpect: 100-continue\nContent-Length: "
                try client.send(head: head + "3\n\n")
                #expect(try client.response().status == 100)
                try client.send(Array("abc".utf8))
                #expect(try client.response().text == "abc")
                try client.send(head: head + "300\n\n")
                #expect(try client.response().status == 413)
            }
        }
    }

    @Test func `an older client gets a reply that ends with the connection`() async throws {
        try await withListener([.health]) { port, _ in
            let text = try await talk(port) { client in
                try client.send(head: "GET /healthz HTTP/1.0\n\n")
                return String(decoding: try client.readToEnd(), as: UTF8.self)
            }
            #expect(text.hasPrefix("HTTP/1.0 200 OK\r\n"))
            #expect(text.hasSuffix(#"{"status":"ok"}"#))
        }
    }

    @Test func `a request is answered whatever comes behind it`() async throws {
        try await withListener([Self.echo(), .health]) { port, _ in
            let post = "POST /echo HTTP/1.1\nHost: a\nContent-Length: 3\n\n"
            for (first, second) in [
                (post + "abcGARBAGE\u{0}\n\n", ""), (post, "abc\u{0}\n\n"),
                ("GET /healthz HTTP/1.1\nHost: a\n", "\nXX\u{0}\n\n"),
            ] {
                let response = try await talk(port) { client in
                    try client.send(head: first)
                    try client.send(head: second)
                    return try client.response()
                }
                #expect(response.status == 200)
            }
        }
    }

    @Test func `what is wrong behind a body is told, also when more has come`() async throws {
        try await withListener([Self.echo(), .health], limits: HTTPLimits(headerBytes: 1000)) { port, _ in
            let post = "POST /echo HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n0\n"
            let more = String(repeating: "GET /healthz HTTP/1.1\nHost: a\n\n", count: 300)
            for (trailers, statuses) in [
                ("Transfer-Encoding: chunked\n\n", [400]), ("Content-Length: 3\n\n", [400]),
                ("X: " + String(repeating: "a", count: 20_000) + "\n\n", [431, 200]),
            ] {
                let response = try await talk(port) { client in
                    try client.send(head: post + trailers + more)
                    return try client.response()
                }
                #expect(statuses.contains(response.status), "\(response.status) for \(trailers.prefix(20))")
            }
        }
    }

    @Test func `a tunnel is not made, and nothing is expected behind it`() async throws {
        try await withListener([.health]) { port, _ in
            let response = try await talk(port) { client in
                try client.send(head: "CONNECT /healthz HTTP/1.1\nHost: a\n\nGET /healthz HTTP/1.1\nHost: a\n\n")
                let response = try client.response()
                #expect(try client.isClosed())
                return response
            }
            #expect(response.headers["connection"] == "close")
        }
    }

    @Test func `a client that sends a large body and ends its direction is answered`() async throws {
        try await withListener([Self.echo()]) { port, _ in
            let body = [UInt8](repeating: 0x61, count: 1 << 20)
            let response = try await talk(port) { client in
                try client.send(head: "POST /echo HTTP/1.1\nHost: a\nContent-Length: \(body.count)\n\n")
                try client.send(body)
                client.finishSending()
                return try client.response()
            }
            #expect(response.body == body)
        }
    }
}
