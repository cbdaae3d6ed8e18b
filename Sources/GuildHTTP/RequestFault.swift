import NIOHTTP1

/// Messages between a request's reader and its connection.
enum RequestEvent: Sendable {
    /// A client that asked whether to continue with its body is to.
    case wantsBody
    case bodyGaveWay
}

/// Why the rest of a request does not come.
enum RequestFault: Error {
    case headerOverflow, notHTTP, tooSlow, gaveWay

    init(_ error: HTTPParserError) { self = error == .headerOverflow ? .headerOverflow : .notHTTP }

    /// For the log of refusals.
    var reason: String {
        switch self {
        case .headerOverflow: "a header over its limit"
        case .notHTTP: "not HTTP"
        case .tooSlow: "bodies that came too slowly"
        case .gaveWay: "bodies dropped for others"
        }
    }
}
