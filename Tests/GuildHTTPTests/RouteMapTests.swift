import GuildDomain
import GuildTestSupport
import Logging
import Testing

@testable import GuildHTTP

struct RouteMapTests {
    /// Answers with its path and what it was given.
    private static func route(_ method: Route.Method, _ path: String) -> Route {
        Route(method, path, access: .open, summary: path) { request in
            let values = request.parameters.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            return Reply(status: 200, body: .bytes(Array((path + values.joined()).utf8)))
        }
    }

    private static let routes = [
        route(.get, "/"), route(.get, "/agents"), route(.post, "/agents"), route(.get, "/agents/:name"),
        route(.get, "/agents/new"), route(.delete, "/agents/:agent"), route(.get, "/agents/:name/runs/:id"),
        route(.get, "/files/**"), route(.post, "/files/index"),
    ]

    private func answer(_ method: String, _ path: String) async throws -> String {
        try await withListener(Self.routes) { port, _ in
            try await talk(port) { client in
                try client.send(head: "\(method) \(path) HTTP/1.1\nHost: localhost\n\n")
                let response = try client.response()
                return switch response.status {
                case 200: response.text
                case 405: "405 \(response.headers["allow"] ?? "")"
                default: "\(response.status)"
                }
            }
        }
    }

    @Test(arguments: [
        ("/", "/"), ("/agents", "/agents"), ("/agents/", "/agents"), ("/agents/new", "/agents/new"),
        ("/agents/eeyore", "/agents/:name name=eeyore"), ("/agents/a%2Fb", "/agents/:name name=a/b"),
        ("/agents/%C3%A9", "/agents/:name name=é"),
        ("/agents/eeyore/runs/7?x=/1", "/agents/:name/runs/:id id=7 name=eeyore"),
        ("/files/a/b/", "/files/** rest=a/b"), ("/files/a%2Fb", "/files/** rest=a/b"), ("/files", "404"),
        ("/Agents", "404"), ("/agents//runs/7", "404"), ("/agents/eeyore/runs", "404"), ("/nothing", "404"),
        ("http://localhost/agents", "/agents"), ("/%zz", "400"), ("/agents/%FF", "400"), ("*", "400"),
    ])
    func `a path finds its route`(path: String, found: String) async throws {
        #expect(try await answer("GET", path) == found)
    }

    @Test(arguments: [
        ("PUT", "/agents", "405 GET, HEAD, POST"), ("DELETE", "/agents/x", "/agents/:agent agent=x"),
        ("DELETE", "/agents/new", "405 GET, HEAD"), ("TRACE", "/agents/x/runs/1", "405 GET, HEAD"),
        ("GET", "/files/index", "/files/** rest=index"), ("PUT", "/files/index", "405 POST"),
        ("PUT", "/files/a", "404"), ("PURGE", "/agents", "405 GET, HEAD, POST"), ("PURGE", "/nothing", "404"),
    ])
    func `a path without the method names the others`(method: String, path: String, found: String) async throws {
        #expect(try await answer(method, path) == found)
    }

    @Test(arguments: ["/%", "/%2", "/%zz", "/%FF", "/%00", "/a?b=%", "nothing", String(repeating: "/a", count: 65)])
    func `a target that cannot be decoded is refused`(target: String) {
        #expect(RequestTarget(target) == nil)
    }

    @Test func `a query is decoded in order`() throws {
        let query = try #require(RequestTarget("/?a=1&b=x+y%2B&a=&c&&=d&e=f=g")).query
        #expect(query.map(\.name) == ["a", "b", "a", "c", "", "e"])
        #expect(query.map(\.value) == ["1", "x y+", "", "", "d", "f=g"])
    }

    @Test func `routes that contradict each other are refused`() {
        let service = ListenerService(
            limits: HTTPLimits(), callers: CallerPolicy(), refusals: RefusalLog(logger: .init(label: "test")),
            logger: .init(label: "test"))
        #expect(throws: ListenFailure.duplicateRoute(method: "GET", path: "/a/:y")) {
            try RouteMap.responder([Self.route(.get, "/a/:x"), Self.route(.get, "/a/:y")], service: service)
        }
        for path in ["a", "/**/a", "/:", "/:a/**"] {
            #expect(throws: ListenFailure.invalidRoutePath(path)) {
                try RouteMap.responder([Self.route(.get, path)], service: service)
            }
        }
    }

    @Test func `a date is written as HTTP wants it`() {
        #expect(HTTPDate.text(seconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(seconds: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }
}
