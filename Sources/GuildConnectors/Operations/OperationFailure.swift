package import GuildDomain

/// Why an operation did not succeed, and whether to try again. The text never holds a secret.
package enum OperationFailure: GuildError, Equatable {
    /// Too many requests, a server's error, or no answer: the operation may even have been performed.
    ///
    /// `retryAfter` is the delay that the system asked for.
    case retryable(reason: String, retryAfter: Duration?)
    /// An earlier try left no trace, but may still be performed until then: only after it may the next one be sent.
    case undecided(until: Timestamp, reason: String)
    /// Another try would end the same.
    case final(status: Int?, reason: String)
    case invalidArguments(String)
    case unknownOperation(String, nearest: String?)

    package var kind: ErrorKind {
        switch self {
        case .retryable, .undecided: .unavailable
        case .final: .failed
        case .invalidArguments, .unknownOperation: .usage
        }
    }

    package var message: String {
        switch self {
        case .retryable(let reason, _), .undecided(_, let reason), .final(_, let reason), .invalidArguments(let reason):
            reason
        case .unknownOperation(let name, _): "there is no operation '\(name)'"
        }
    }

    package var hint: String? {
        switch self {
        case .retryable(_, let delay?): "the system asked to wait \(delay.microseconds / 1_000_000) s"
        case .unknownOperation(_, let nearest?): "did you mean '\(nearest)'?"
        case .final(let status?, _): Self.hint(status)
        case .retryable, .undecided, .final, .invalidArguments, .unknownOperation: nil
        }
    }

    private static func hint(_ status: Int) -> String? {
        switch status {
        case 300..<400: "set the connection's base_url to the address that the system answers at"
        case 401: "check the token of the connector: the system rejects it"
        case 403: "the token may not do this: give it the permission, or the agent other tools"
        case 404: "it is not there, or the token may not see it"
        case 410: "it is gone, or switched off there"
        case 422: "the system refuses the arguments: correct what it names"
        default: nil
        }
    }
}
