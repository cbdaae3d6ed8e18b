import GuildDomain
import Logging

/// State that all connections and requests of one listener share.
final class ListenerService: Sendable {
    let limits: HTTPLimits
    let admission: Admission
    let bodies: BodyBudget
    let connections: ConnectionRegistry
    let callers: CallerPolicy
    let refusals: RefusalLog
    let date = HTTPDate()
    let logger: Logger

    init(limits: HTTPLimits, callers: CallerPolicy, refusals: RefusalLog, logger: Logger) {
        self.limits = limits
        self.callers = callers
        self.refusals = refusals
        self.logger = logger
        admission = Admission(limits: limits)
        bodies = BodyBudget(limits: limits)
        connections = ConnectionRegistry(limits: limits)
    }

    /// The answer of a listener that has no room.
    func full(_ detail: String) -> Reply {
        .problem(
            status: 503, detail: detail,
            headers: ["retry-after": String(limits.retryAfterSeconds)])
    }

    /// The answer of a client that has used up its own quota.
    var overQuota: Reply {
        .problem(
            status: 429, detail: "too many bodies from this address are in progress",
            headers: ["retry-after": String(limits.retryAfterSeconds)])
    }

    /// The answer to a request whose rest does not come.
    func reply(to fault: RequestFault) -> Reply {
        switch fault {
        case .headerOverflow: .problem(status: 431)
        case .notHTTP: .problem(status: 400)
        case .tooSlow: .problem(status: 408, detail: "the body came too slowly")
        case .gaveWay: full(BodyCollector.noRoom)
        }
    }
}
