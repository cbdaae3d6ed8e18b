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
        let method: String
        let target: RequestTarget
        let parameters: [String: String]
        let headers: Headers
    }

    let limits: HTTPLimits
    let admission: Admission
    let date = HTTPDate()
    private let table: RouteTable
    private let bearerTokens: @Sendable () async -> BearerTokens
    private let logger: Logger

    init(
        table: RouteTable, limits: HTTPLimits, bearerTokens: @escaping @Sendable () async -> BearerTokens,
        logger: Logger
    ) {
        self.table = table
        self.limits = limits
        self.bearerTokens = bearerTokens
        self.logger = logger
        admission = Admission(limits: limits)
    }

    var full: Reply {
        .problem(
            status: 503, title: Problems.title(503), detail: "too many requests in flight",
            headers: ["retry-after": String(limits.retryAfterSeconds)])
    }

    /// HEAD is answered by the GET route of its path.
    func decide(_ head: HTTPRequestHead) -> Decision {
        guard let target = RequestTarget(head.uri) else {
            return .refuse(.problem(status: 400, title: Problems.title(400), detail: "the path or query is not valid"))
        }
        let method = head.method.rawValue
        let wanted = head.method == .HEAD ? .get : Route.Method(rawValue: method)
        switch table.match(method: wanted, target: target) {
        case .found(let route, let parameters):
            // A token is looked up when the request is answered: the secret behind it may have to be fetched.
            if case .scope = route.access, head.headers.first(name: "authorization") == nil {
                return .refuse(Self.unauthorized("Bearer"))
            }
            let headers = Headers(head.headers.lazy.map { ($0.name, $0.value) })
            return .accept(
                Accepted(route: route, method: method, target: target, parameters: parameters, headers: headers))
        case .wrongMethod(let allow):
            return .refuse(.problem(status: 405, title: Problems.title(405), headers: ["allow": allow]))
        case .notFound:
            return .refuse(.problem(status: 404, title: Problems.title(404), detail: "nothing is at \(target.path)"))
        }
    }

    /// The handler's reply; what it throws becomes a problem. Gives back the places taken for it.
    func answer(_ accepted: Accepted, body: [UInt8], remoteAddress: String?) async -> Reply {
        defer { admission.release(bytes: body.count) }
        var request = Request(
            method: accepted.method, path: accepted.target.path, parameters: accepted.parameters,
            query: accepted.target.query, headers: accepted.headers, body: body, remoteAddress: remoteAddress)
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
