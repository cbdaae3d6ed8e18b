package import GuildDomain

/// Why an authentic delivery makes no event; answered 400.
package enum WebhookRefusal: GuildError, Equatable {
    case missingHeader(String)
    case malformedHeader(String, expected: String)
    case notJSON(JSONParser.Problem)
    case malformedPayload(String)

    package var kind: ErrorKind { .usage }

    package var message: String {
        switch self {
        case .missingHeader(let name): "the header \(name) is missing"
        case .malformedHeader(let name, let expected): "the header \(name) must be \(expected)"
        case .notJSON(let problem): "the payload is \(problem.message)"
        case .malformedPayload(let reason): "the payload: \(reason)"
        }
    }

    package var hint: String? {
        switch self {
        case .missingHeader, .malformedHeader: "is the sender the system that this endpoint is for?"
        case .notJSON, .malformedPayload: nil
        }
    }
}
