import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

@testable import GuildConnectors

/// The call machinery that all connectors share, as a system that is not GitHub configures it.
@Suite(.timeLimit(.minutes(1))) struct HTTPCallerTests {
    private static let secret = "s3cret-of-the-tracker"

    private func caller(
        _ server: RawServer, base: String = "/api", redactor: Redactor = Redactor(),
        _ change: (inout CallRules) -> Void = { _ in }
    ) -> HTTPCaller {
        var rules = CallRules(title: "Tracker", baseURL: server.url(base))
        change(&rules)
        return HTTPCaller(rules: rules, http: HTTPClient(), redactor: redactor, clock: FixedTime())
    }

    private func failure(_ body: () async throws(OperationFailure) -> Void) async -> OperationFailure? {
        do throws(OperationFailure) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `each way of authentication puts its credential where the system wants it`() async throws {
        let server = try RawServer { _ in RawServer.respond(body: "{}") }
        let source = SecretSource.known(Secret(Self.secret))
        let ways: [CallAuthentication] = [
            .none, .bearer(source), .basic(user: "ada", source), .header(name: "X-Key", prefix: "Key ", source),
            .query(name: "api key", source),
        ]
        for way in ways {
            _ = try await caller(server) { $0.authentication = way }.send(HTTPCall("/me?x=1"), for: "tracker.me")
        }
        let requests = server.requests
        #expect(
            requests.map { $0.headers["Authorization"] } == [
                nil, "Bearer \(Self.secret)", "Basic YWRhOnMzY3JldC1vZi10aGUtdHJhY2tlcg==", nil, nil,
            ])
        #expect(requests.map { $0.headers["X-Key"] } == [nil, nil, nil, "Key \(Self.secret)", nil])
        #expect(
            requests.map(\.target) == [
                "/api/me?x=1", "/api/me?x=1", "/api/me?x=1", "/api/me?x=1", "/api/me?x=1&api%20key=\(Self.secret)",
            ])
    }

    @Test func `a redirect carries the credential of a query along, and its address shows none`() async throws {
        let server = try RawServer { request in
            request.path == "/api/old"
                ? RawServer.respond(status: 307, headers: ["Location": "/api/new"]) : RawServer.respond(body: "{}")
        }
        let caller = caller(server) { $0.authentication = .query(name: "key", .known(Secret(Self.secret))) }
        var call = HTTPCall("/old")
        call.method = "POST"
        call.body = ["a": 1]
        let answer = try await caller.send(call, for: "tracker.write", action: nil)
        #expect(
            server.requests.map { "\($0.method) \($0.target)" } == [
                "POST /api/old?key=\(Self.secret)", "POST /api/new?key=\(Self.secret)",
            ])
        #expect(answer.movedTo == server.url("/api/new"))
    }

    @Test func `a redirect elsewhere, or one too many, is final`() async throws {
        let away = try RawServer { _ in RawServer.respond(status: 302, headers: ["Location": "https://evil.example/"]) }
        let first = await failure { () async throws(OperationFailure) in
            _ = try await caller(away).send(HTTPCall("/x"), for: "tracker.read")
        }
        #expect(first?.message.contains("another server") == true)
        #expect(away.requests.count == 1)
        let round = try RawServer { _ in RawServer.respond(status: 302, headers: ["Location": "/api/x"]) }
        let second = await failure { () async throws(OperationFailure) in
            _ = try await caller(round) { $0.redirectLimit = 2 }.send(HTTPCall("/x"), for: "tracker.read")
        }
        #expect(second?.message.contains("more than 2 redirects") == true)
        #expect(round.requests.count == 3)
    }

    @Test func `what the system repeats of a credential is masked, in any encoding`() async throws {
        let encoded = "YWRhOnMzY3JldC1vZi10aGUtdHJhY2tlcg=="
        let server = try RawServer { _ in
            RawServer.respond(status: 400, body: #"{"message":"no \#(Self.secret) and no \#(encoded)"}"#)
        }
        let caller = caller(server) { $0.authentication = .basic(user: "ada", .known(Secret(Self.secret))) }
        let failure = await failure { () async throws(OperationFailure) in
            try caller.check(try await caller.send(HTTPCall("/x"), for: "tracker.read").response, of: "tracker.read")
        }
        #expect(failure?.message == "tracker.read: Tracker answers 400: no •••• and no ••••")
    }

    struct Limit: Sendable {
        let form: RateLimitHeaders.Reset
        let headers: Headers
        let seconds: Int64?
    }

    @Test(arguments: [
        Limit(form: .epochSeconds, headers: ["Remaining": "0", "Reset": "1700000030"], seconds: 30),
        Limit(form: .seconds, headers: ["Remaining": "0", "Reset": "30"], seconds: 30),
        Limit(form: .timestamp, headers: ["Remaining": "0", "Reset": "2023-11-14T22:13:50Z"], seconds: 30),
        Limit(form: .seconds, headers: ["Remaining": "1", "Reset": "30"], seconds: nil),
        Limit(form: .seconds, headers: ["Remaining": "0", "Reset": "-9223372036854775808"], seconds: 0),
        Limit(form: .epochSeconds, headers: ["Remaining": "0", "Reset": "-9223372036854775808"], seconds: 0),
        Limit(form: .epochSeconds, headers: ["Remaining": "0", "Reset": "9223372036854775807"], seconds: 86_400),
        Limit(form: .seconds, headers: ["Remaining": "0", "Reset": "9223372036854775807"], seconds: 86_400),
        Limit(form: .timestamp, headers: ["Remaining": "0", "Reset": "soon"], seconds: nil),
        Limit(form: .seconds, headers: ["Retry-After": "7", "Remaining": "0", "Reset": "30"], seconds: 7),
    ])
    func `a limit says how long to wait, in each form of it`(limit: Limit) {
        let rules = RateLimitHeaders(remaining: "Remaining", reset: "Reset", form: limit.form)
        let delay = rules.delay(limit.headers, now: Timestamp(seconds: 1_700_000_000))
        #expect(delay == limit.seconds.map { .seconds($0) })
    }

    private func pages(
        _ server: RawServer, by pagination: Pagination, most: Int = 10, until stop: JSONValue? = nil
    ) async throws -> (elements: [JSONValue], end: PageWalk) {
        var seen: [JSONValue] = []
        let end = try await caller(server).walk(
            HTTPCall("/list?per=2"), by: pagination, most: most, for: "tracker.list",
            elements: { $0.array ?? $0["items"]?.array ?? [] }
        ) { elements in
            seen += elements
            return stop.map { !elements.contains($0) } ?? true
        }
        return (seen, end)
    }

    @Test func `a list is read to its end by link, by cursor and by number`() async throws {
        let linked = try RawServer { request in
            request.target.contains("page=2")
                ? RawServer.respond(body: "[3]")
                : RawServer.respond(
                    headers: ["Link": "</api/list?per=2&page=2>; rel=\"next\", </x>; rel=\"last\""], body: "[1,2]")
        }
        let byLink = try await pages(linked, by: .link)
        #expect(byLink.elements == [1, 2, 3] && byLink.end == .finished)
        let cursors = try RawServer { request in
            RawServer.respond(
                body: request.target.hasSuffix("&after=a%2Fb%26c")
                    ? #"{"items":[3],"meta":{"next":""}}"# : #"{"items":[1,2],"meta":{"next":"a/b&c"}}"#)
        }
        let byCursor = try await pages(cursors, by: .cursor(at: ["meta", "next"], field: "after"))
        #expect(byCursor.elements == [1, 2, 3] && byCursor.end == .finished)
        let numbered = try RawServer { request in
            RawServer.respond(body: request.target.hasSuffix("page=3") ? "[5]" : "[1,2]")
        }
        let byNumber = try await pages(numbered, by: .number(field: "page", size: 2))
        #expect(byNumber.elements == [1, 2, 1, 2, 5] && byNumber.end == .finished)
        #expect(numbered.requests.map(\.target) == [1, 2, 3].map { "/api/list?per=2&page=\($0)" })
    }

    @Test func `a walk ends when its visitor has enough, at its limit, and never on another server`() async throws {
        let endless = try RawServer { _ in RawServer.respond(body: "[1,2]") }
        #expect(try await pages(endless, by: .number(field: "p", size: 2), until: 2).end == .stopped)
        #expect(try await pages(endless, by: .number(field: "p", size: 2), most: 3).end == .cutOff)
        #expect(endless.requests.count == 4)
        let away = try RawServer { _ in
            RawServer.respond(headers: ["Link": "<https://evil.example/api/list>; rel=\"next\""], body: "[1]")
        }
        await #expect(throws: OperationFailure.self) { _ = try await pages(away, by: .link) }
        #expect(away.requests.count == 1)
    }
}
