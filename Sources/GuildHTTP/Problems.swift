import GuildDomain
import Logging

/// Errors as replies (RFC 9457).
enum Problems {
    /// The reply for an error of a handler. A foreign error reveals nothing about itself to the caller; the first of its
    /// type is logged, and the later ones are counted, because a caller may be able to repeat it.
    static func reply(
        to error: any Error, method: String, path: String, refusals: RefusalLog, logger: Logger
    ) -> Reply {
        switch error {
        case let error as JSONParser.Problem:
            return .problem(status: 400, detail: error.message)
        case let error as any GuildError:
            logger.debug("request failed", metadata: ["request": "\(method) \(path)", "error": "\(error.message)"])
            return reply(to: error)
        case is CancellationError:
            return .problem(status: 503, headers: ["retry-after": "1"])
        default:
            if refusals.count("requests that failed with \(type(of: error))") {
                logger.error("request failed", metadata: ["request": "\(method) \(path)", "error": "\(error)"])
            }
            return .problem(status: 500)
        }
    }

    private static func reply(to error: any GuildError) -> Reply {
        let status = status(of: error.kind)
        var members: [(String, JSONValue)] = [
            ("type", "about:blank"), ("title", .string(title(status))), ("status", .integer(status)),
            ("detail", .string(error.message)),
        ]
        if let hint = error.hint { members.append(("hint", .string(hint))) }
        var headers: Headers = ["content-type": "application/problem+json"]
        if status == 503 { headers["retry-after"] = "1" }
        return Reply(status: status, headers: headers, body: .bytes(JSONValue.object(JSONObject(members)).bytes()))
    }

    static func status(of kind: ErrorKind) -> Int {
        switch kind {
        case .usage: 400
        case .refused, .outOfBudget: 403
        case .failed: 500
        case .invalidCodex, .unavailable, .interrupted: 503
        }
    }

    static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }
}
