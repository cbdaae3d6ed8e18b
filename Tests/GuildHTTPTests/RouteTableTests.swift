import GuildDomain
import Testing

@testable import GuildHTTP

struct RouteTableTests {
    private static func route(_ method: Route.Method, _ path: String) -> Route {
        Route(method, path, access: .open, summary: path) { _ in Reply(status: 204) }
    }

    private static let routes = [
        route(.get, "/"), route(.get, "/agents"), route(.post, "/agents"), route(.get, "/agents/:name"),
        route(.get, "/agents/new"), route(.delete, "/agents/:agent"), route(.get, "/agents/:name/runs/:id"),
        route(.get, "/files/**"), route(.post, "/files/index"),
    ]

    private func match(_ method: Route.Method?, _ path: String) throws -> String {
        let target = try #require(RequestTarget(path))
        switch try RouteTable(Self.routes).match(method: method, target: target) {
        case .found(let route, let parameters):
            let values = parameters.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            return route.path + values.joined()
        case .wrongMethod(let allow): return "405 \(allow)"
        case .notFound: return "404"
        }
    }

    @Test(arguments: [
        ("/", "/"), ("/agents", "/agents"), ("/agents/", "/agents"), ("/agents/new", "/agents/new"),
        ("/agents/eeyore", "/agents/:name name=eeyore"), ("/agents/a%2Fb", "/agents/:name name=a/b"),
        ("/%61gents/%C3%A9", "/agents/:name name=é"),
        ("/agents/eeyore/runs/7?x=/1", "/agents/:name/runs/:id id=7 name=eeyore"),
        ("/files/a/b/", "/files/** rest=a/b"),
        ("/files/index", "/files/** rest=index"), ("/files", "404"), ("/Agents", "404"), ("/agents//runs/7", "404"),
        ("/agents/eeyore/runs", "404"), ("http://proxy.example/agents", "/agents"),
    ])
    func `a path finds its route`(path: String, found: String) throws {
        #expect(try match(.get, path) == found)
    }

    @Test func `a path without the method names the others`() throws {
        #expect(try match(.put, "/agents") == "405 GET, HEAD, POST")
        #expect(try match(.delete, "/agents/new") == "/agents/:agent agent=new")
        #expect(try match(.post, "/agents/new") == "405 DELETE, GET, HEAD")
        #expect(try match(nil, "/agents/x/runs/1") == "405 GET, HEAD")
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
        #expect(throws: ListenFailure.duplicateRoute(method: "GET", path: "/a/:y")) {
            try RouteTable([Self.route(.get, "/a/:x"), Self.route(.get, "/a/:y")])
        }
        for path in ["a", "/**/a", "/:"] {
            #expect(throws: ListenFailure.invalidRoutePath(path)) { try RouteTable([Self.route(.get, path)]) }
        }
    }

    @Test func `a date is written as HTTP wants it`() {
        #expect(HTTPDate.text(seconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(seconds: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }
}
