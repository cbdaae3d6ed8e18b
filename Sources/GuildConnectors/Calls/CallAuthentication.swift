import Foundation
import GuildDomain
import GuildTransport

/// How each request of a connector proves who sends it. The secret is looked up at each use, and masked wherever it might
/// be repeated.
enum CallAuthentication: Sendable {
    /// No credential: public objects can be read without one.
    case none
    /// `Authorization: Bearer SECRET` (RFC 6750).
    case bearer(SecretSource)
    /// `Authorization: Basic …` (RFC 7617).
    case basic(user: String, SecretSource)
    /// A header of the system's own; `prefix` precedes the secret in it: `Bot `, `GenieKey `.
    case header(name: String, prefix: String, SecretSource)
    /// A field of the query. A redirect does not repeat it by itself, so each request gets it again.
    case query(name: String, SecretSource)

    /// Puts the credential into a request.
    func apply(to request: inout HTTPRequest, learning redactor: Redactor) async throws(SecretFailure) {
        switch self {
        case .none: break
        case .bearer(let source):
            request.headers["Authorization"] = "Bearer \(try await secret(source, redactor).reveal())"
        case .basic(let user, let source):
            let pair = Array("\(user):".utf8) + (try await secret(source, redactor).bytes)
            let encoded = Data(pair).base64EncodedString()
            redactor.learn(Secret(encoded))
            request.headers["Authorization"] = "Basic \(encoded)"
        case .header(let name, let prefix, let source):
            request.headers[name] = prefix + (try await secret(source, redactor).reveal())
        case .query(let name, let source):
            let value = PercentEncoding.segment(try await secret(source, redactor).reveal())
            request.url += (request.url.contains("?") ? "&" : "?") + "\(PercentEncoding.segment(name))=\(value)"
        }
    }

    private func secret(_ source: SecretSource, _ redactor: Redactor) async throws(SecretFailure) -> Secret {
        let secret = try await source.current()
        redactor.learn(secret)
        return secret
    }
}
