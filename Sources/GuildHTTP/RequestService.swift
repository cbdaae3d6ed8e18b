import GuildDomain
import Logging
import NIOHTTP1

/// What all connections of one listener share: it decides about a request by its head, and runs its handler.
final class RequestService: Sendable {
    /// What a head comes to.
    enum Decision: Sendable {
        case accept(Accepted)
        case refuse(Reply)
    }

    /// A request that may bring its body.
    struct Accepted: Sendable {
        let route: Route
        /// Without its body.
        let request: Request
    }

    let limits: HTTPLimits
    let admission: Admission
    let bodies: BodyBudget
    let connections: ConnectionRegistry
    let proxies: TrustedProxies
    let refusals: RefusalLog
    let date = HTTPDate()
    private let table: RouteTable
    private let hosts: HostPolicy
    private let bearerTokens: @Sendable () async -> BearerTokens
    private let logger: Logger

    init(
        table: RouteTable, limits: HTTPLimits, hosts: HostPolicy, proxies: TrustedProxies, refusals: RefusalLog,
        bearerTokens: @escaping @Sendable () async -> BearerTokens, logger: Logger
    ) {
        self.table = table
        self.limits = limits
        self.hosts = hosts
        self.proxies = proxies
        self.refusals = refusals
        self.bearerTokens = bearerTokens
        self.logger = logger
        admission = Admission(limits: limits)
        bodies = BodyBudget(limits: limits)
        connections = ConnectionRegistry(limits: limits)
    }

    /// The answer of a listener that has no room.
    func full(_ detail: String) -> Reply {
        .problem(
            status: 503, title: Problems.title(503), detail: detail,
            headers: ["retry-after": String(limits.retryAfterSeconds)])
    }

    /// The answer of a client that has used up its own quota.
    var overQuota: Reply {
        .problem(
            status: 429, title: Problems.title(429), detail: "too many bodies from this address are in work",
            headers: ["retry-after": String(limits.retryAfterSeconds)])
    }

    /// HEAD is answered by the GET route of its path.
    ///
    /// - Parameters:
    ///   - remote: the peer's address.
    ///   - local: the address that the connection came to.
    func decide(_ head: HTTPRequestHead, remote: String?, local: InternetAddress?) -> Decision {
        guard let target = RequestTarget(head.uri) else {
            return .refuse(.problem(status: 400, title: Problems.title(400), detail: "the path or query is not valid"))
        }
        if let reply = refusal(ofHostIn: head, target, local) { return .refuse(reply) }
        let method = head.method.rawValue
        let wanted = head.method == .HEAD ? .get : Route.Method(rawValue: method)
        switch table.match(method: wanted, target: target) {
        case .found(let route, let parameters):
            // A token is looked up when the request is answered: the secret behind it may have to be fetched.
            if case .scope = route.access, head.headers.first(name: "authorization") == nil {
                return .refuse(Self.unauthorized("Bearer"))
            }
            let request = Request(
                method: method, path: target.path, parameters: parameters, query: target.query,
                headers: Headers(head.headers.lazy.map { ($0.name, $0.value) }), remoteAddress: remote)
            if let reply = route.refuse?(request) { return .refuse(reply) }
            return .accept(Accepted(route: route, request: request))
        case .wrongMethod(let allow):
            return .refuse(.problem(status: 405, title: Problems.title(405), headers: ["allow": allow]))
        case .notFound:
            return .refuse(.problem(status: 404, title: Problems.title(404), detail: "nothing is at \(target.path)"))
        }
    }

    private func refusal(ofHostIn head: HTTPRequestHead, _ target: RequestTarget, _ local: InternetAddress?) -> Reply? {
        let refusal = hosts.refusal(
            hosts: head.headers["host"], authority: target.authority, firstSegment: target.segments.first, local: local,
            isOld: head.version.minor < 1)
        switch refusal {
        case nil: return nil
        case .malformed:
            return .problem(status: 400, title: Problems.title(400), detail: "a request names one host")
        case .foreign:
            refusals.count("another host")
            return .problem(
                status: 421, title: Problems.title(421),
                detail: "this server does not answer for that host; whoever runs it can add it with --host")
        }
    }

    /// The handler's reply; what it throws becomes a problem. Gives back the room taken for the body.
    func answer(_ accepted: Accepted, body: [UInt8], hold: BodyBudget.Hold?) async -> Reply {
        defer { if let hold { bodies.end(hold) } }
        var request = accepted.request
        request.body = body
        do {
            if let refusal = await admit(&request, to: accepted.route) { return refusal }
            if let problem = accepted.route.problem(with: request) {
                return .problem(status: 400, title: Problems.title(400), detail: problem)
            }
            return try await accepted.route.handle(request)
        } catch {
            return Problems.reply(to: error, method: request.method, path: request.path, logger: logger)
        }
    }

    /// Looks its token up where the route has a use for one.
    ///
    /// - Returns: the answer of a request that is not let in.
    private func admit(_ request: inout Request, to route: Route) async -> Reply? {
        let authorization = request.headers["authorization"]
        switch route.access {
        case .open: return nil
        case .openWithMore(let scope):
            // A secret may have to be fetched: only for who shows a token.
            guard let authorization else { return nil }
            let grant = await bearerTokens().grant(authorization: authorization)
            (request.token, request.isShownMore) = (grant?.name, grant?.scopes.contains(scope) ?? false)
            return nil
        case .scope(let needed):
            guard let grant = await bearerTokens().grant(authorization: authorization) else {
                return Self.unauthorized("Bearer error=\"invalid_token\"")
            }
            guard grant.scopes.contains(needed) else { return Self.forbidden(needed) }
            request.token = grant.name
            return nil
        }
    }

    func streamFailed(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        logger.warning("a streamed reply ended early", metadata: ["error": "\(error)"])
    }

    private static func unauthorized(_ challenge: String) -> Reply {
        .problem(
            status: 401, title: Problems.title(401), detail: "this needs a bearer token",
            headers: ["www-authenticate": challenge])
    }

    private static func forbidden(_ needed: String) -> Reply {
        .problem(
            status: 403, title: Problems.title(403), detail: "the token lacks the scope '\(needed)'",
            headers: ["www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"\(needed)\""])
    }
}
