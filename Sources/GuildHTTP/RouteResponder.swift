import GuildDomain
import HTTPTypes
import Hummingbird

/// Answers the requests of one route.
struct RouteResponder: HTTPResponder {
    let route: Route
    let service: ListenerService
    /// The names of the parameters, in the order of the path.
    private let names: [String]

    init(route: Route, names: [String], service: ListenerService) {
        self.route = route
        self.names = names
        self.service = service
    }

    func respond(to incoming: Hummingbird.Request, context: ListenerContext) async throws -> Response {
        var request = try request(incoming, context)
        // A token is looked up after the body has been read: its secret may have to be fetched.
        if case .scope = route.access, request.headers["authorization"] == nil {
            service.refusals.count("no bearer token")
            throw Refusal(Self.unauthorized("Bearer"), keepsConnection: true)
        }
        if let reply = route.refuse?(request) { throw Refusal(reply, keepsConnection: true) }
        let forwarded = incoming.headers[values: ListenerContext.forwardedFor]
        let collector = BodyCollector(
            service: service, limitBytes: route.bodyLimitBytes,
            client: service.callers.proxies.client(of: context.peer, forwardedFor: forwarded), channel: context.channel)
        if context.expectsContinue, request.declaredLength ?? 0 <= route.bodyLimitBytes {
            context.channel.pipeline.fireUserInboundEventTriggered(RequestEvent.wantsBody)
        }
        let body = try await collector.collect(incoming.body, declared: request.declaredLength)
        defer { if let hold = body.hold { service.bodies.end(hold) } }
        guard let place = service.admission.enter() else {
            service.refusals.count("too many requests in progress")
            return ReplyMaker(service: service).response(service.full("too many requests in flight"))
        }
        request.body = body.bytes
        let reply = try await answer(&request)
        return ReplyMaker(service: service).response(reply, place: place)
    }

    private func request(_ incoming: Hummingbird.Request, _ context: ListenerContext) throws(Refusal) -> Request {
        var parameters: [String: String] = [:]
        for (index, name) in names.enumerated() {
            guard let value = parameter(index, named: name, context) else {
                throw Refusal(ListenerMiddleware.invalidTarget, keepsConnection: true)
            }
            parameters[name] = value
        }
        var headers = Headers(incoming.headers.lazy.map { ($0.name.rawName, $0.value) })
        if let host = incoming.head.authority { headers.append("Host", host) }
        return Request(
            method: incoming.method.rawValue, path: context.target?.path ?? incoming.uri.path, parameters: parameters,
            query: context.target?.query ?? [], headers: headers, remoteAddress: context.remoteAddress)
    }

    private func parameter(_ index: Int, named name: String, _ context: ListenerContext) -> String? {
        guard name == RouteMap.rest else {
            let value = context.parameters[Substring(RouteMap.placeholder(index))]
            return value.flatMap { PercentCoding.decoded($0.utf8) }
        }
        return context.target.map { $0.segments.dropFirst(RouteMap.segments(of: route.path).count - 1) }
            .map { segments in (segments.last == "" ? segments.dropLast() : segments).joined(separator: "/") }
    }

    private func answer(_ request: inout Request) async throws -> Reply {
        if let refusal = await admit(&request) { return refusal }
        if let problem = route.problem(with: request) {
            return .problem(status: 400, detail: problem)
        }
        return try await route.handle(request)
    }

    /// Looks up the token if the route uses one.
    ///
    /// - Returns: the answer to a request that is not admitted.
    private func admit(_ request: inout Request) async -> Reply? {
        let authorization = request.headers["authorization"]
        switch route.access {
        case .open: return nil
        case .openWithMore(let scope):
            // A secret may have to be fetched, which is done only for a caller with a token.
            guard let authorization else { return nil }
            let grant = await service.callers.bearerTokens().grant(authorization: authorization)
            if grant == nil { service.refusals.count("a wrong bearer token") }
            request.token = grant?.name
            request.isShownMore = grant?.scopes.contains(scope) ?? false
            return nil
        case .scope(let needed):
            guard let grant = await service.callers.bearerTokens().grant(authorization: authorization) else {
                service.refusals.count("a wrong bearer token")
                return Self.unauthorized("Bearer error=\"invalid_token\"")
            }
            guard grant.scopes.contains(needed) else {
                service.refusals.count("a bearer token without the scope")
                return Self.forbidden(needed)
            }
            request.token = grant.name
            return nil
        }
    }

    private static func unauthorized(_ challenge: String) -> Reply {
        .problem(
            status: 401, detail: "this needs a bearer token",
            headers: ["www-authenticate": challenge])
    }

    private static func forbidden(_ needed: String) -> Reply {
        .problem(
            status: 403, detail: "the token lacks the scope '\(needed)'",
            headers: ["www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"\(needed)\""])
    }
}
