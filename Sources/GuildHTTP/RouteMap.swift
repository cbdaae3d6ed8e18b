import GuildDomain
import HTTPTypes
import Hummingbird
import NIOHTTP1

/// Our routes in Hummingbird's router.
enum RouteMap {
    /// The name of the parameter that takes the rest of a path.
    static let rest = "rest"

    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .connect, .options, .trace, .patch,
    ]

    /// The routes of one path, whatever the names of its parameters.
    private struct Place {
        let path: String
        var routes: [(route: Route, names: [String])] = []
    }

    /// - Throws: `ListenFailure` if a path is invalid, or two routes are the same.
    static func responder(_ routes: [Route], service: ListenerService) throws(ListenFailure)
        -> RouterResponder<ListenerContext>
    {
        var places = try places(routes)
        // Hummingbird's router takes no path beside the rest of a path.
        let rests = places.filter { $0.path.hasSuffix("/**") }
        places.removeAll { $0.path.hasSuffix("/**") }
        let fallbacks = Fallbacks(rests.flatMap(\.routes), service: service)
        let router = Router(context: ListenerContext.self)
        router.add(middleware: ListenerMiddleware(service: service, fallbacks: fallbacks))
        for place in places { add(place, to: router, fallbacks, service) }
        return router.buildResponder()
    }

    /// How the router calls a parameter: two routes of one path may have different names for it.
    static func placeholder(_ index: Int) -> String { "p\(index)" }

    /// The head as the router takes it: the host of an absolute request line replaces the field (RFC 9112, section
    /// 3.2.2), and an unknown method is routed like TRACE, which no route has: so a known path answers 405.
    static func routable(_ head: HTTPRequestHead) -> HTTPRequestHead {
        var head = head
        if !head.uri.utf8.starts(with: "/".utf8), let authority = RequestTarget(head.uri)?.authority {
            head.headers.replaceOrAdd(name: "host", value: String(authority))
        }
        if !methods.contains(where: { $0.rawValue == head.method.rawValue }) { head.method = .TRACE }
        return head
    }

    static func segments(of path: String) -> [Substring] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    }

    private static func places(_ routes: [Route]) throws(ListenFailure) -> [Place] {
        var places: [Place] = []
        var indices: [String: Int] = [:]
        for route in routes {
            let (path, names) = try shape(route.path)
            let index = indices[path] ?? places.count
            if index == places.count { places.append(Place(path: path)) }
            indices[path] = index
            guard !places[index].routes.contains(where: { $0.route.method == route.method }) else {
                throw .duplicateRoute(method: route.method.rawValue, path: route.path)
            }
            places[index].routes.append((route, names))
        }
        return places
    }

    private static func shape(_ path: String) throws(ListenFailure) -> (path: String, names: [String]) {
        guard path.hasPrefix("/") else { throw .invalidRoutePath(path) }
        let segments = segments(of: path)
        var shape: [String] = []
        var names: [String] = []
        for (position, segment) in segments.enumerated() {
            if segment == "**" {
                guard position == segments.count - 1, names.isEmpty else { throw .invalidRoutePath(path) }
                names.append(rest)
                shape.append("**")
            } else if segment.hasPrefix(":") {
                guard segment.count > 1 else { throw .invalidRoutePath(path) }
                shape.append(":" + placeholder(names.count))
                names.append(String(segment.dropFirst()))
            } else {
                shape.append(String(segment))
            }
        }
        return ("/" + shape.joined(separator: "/"), names)
    }

    /// HEAD is answered by the GET route of its path, and every other method by the list of those that there are.
    private static func add(
        _ place: Place, to router: Router<ListenerContext>, _ fallbacks: Fallbacks, _ service: ListenerService
    ) {
        var allowed = Set(place.routes.map(\.route.method.rawValue))
        if allowed.contains("GET") { allowed.insert("HEAD") }
        let allow = allowed.sorted().joined(separator: ", ")
        let path = RouterPath(place.path)
        for method in methods {
            let wanted = method == .head ? "GET" : method.rawValue
            guard let found = place.routes.first(where: { $0.route.method.rawValue == wanted }) else {
                let reply = Reply.problem(status: 405, headers: ["allow": allow])
                router.on(path, method: method) { request, context -> Response in
                    guard let fallback = fallbacks.responder(for: request.method, context.target) else {
                        throw Refusal(reply, keepsConnection: true)
                    }
                    return try await fallback.respond(to: request, context: context)
                }
                continue
            }
            let responder = RouteResponder(route: found.route, names: found.names, service: service)
            guard method == .head else {
                router.on(path, method: method, responder: responder)
                continue
            }
            router.on(path, method: method) { request, context in
                // Hummingbird's own takes a stream for a body of length zero.
                let response = try await responder.respond(to: request, context: context)
                let body = ResponseBody(contentLength: response.body.contentLength) { try await $0.finish(nil) }
                return Response(status: response.status, headers: response.headers, body: body)
            }
        }
    }
}

/// The routes that take the rest of a path, if no other route answers.
struct Fallbacks: Sendable {
    private let responders: [RouteResponder]

    init(_ routes: [(route: Route, names: [String])], service: ListenerService) {
        // The longest path first.
        let ordered = routes.sorted { $0.route.path.utf8.count > $1.route.path.utf8.count }
        responders = ordered.map { RouteResponder(route: $0.route, names: $0.names, service: service) }
    }

    func responder(for method: HTTPRequest.Method, _ target: RequestTarget?) -> RouteResponder? {
        guard let target else { return nil }
        let wanted = method == .head ? "GET" : method.rawValue
        return responders.first { responder in
            let start = RouteMap.segments(of: responder.route.path).dropLast()
            return responder.route.method.rawValue == wanted && target.segments.count > start.count
                && zip(start, target.segments).allSatisfy { $0 == $1 }
        }
    }
}
