import GuildCodex
import GuildDomain
import GuildTransport

/// One field of a secret in HashiCorp Vault's key-value engine, version 2
/// (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version).
struct VaultStore {
    let http: HTTPClient
    /// `VAULT_ADDR`.
    let address: String
    let token: Secret
    /// `VAULT_NAMESPACE`, of Vault Enterprise.
    let namespace: String?

    private static let largestResponseBytes = 1 << 20
    private static let timeouts = HTTPTimeouts(
        connect: .seconds(5), firstByte: .seconds(10), idle: .seconds(10), total: .seconds(20))

    func secret(
        mount: String, path: String, field: String, for reference: SecretReference
    ) async throws(SecretFailure) -> Secret {
        let response: HTTPResponse
        do throws(HTTPFailure) {
            response = try await http.send(request(mount: mount, path: path))
        } catch {
            throw SecretFailure(reference, .store(error.message))
        }
        switch response.status {
        case 200: return try value(of: field, in: response, for: reference)
        case 403: throw SecretFailure(reference, .unreadable("Vault refuses the token of VAULT_TOKEN for this path"))
        case 404: throw SecretFailure(reference, .missing("Vault has nothing at this path"))
        default: throw SecretFailure(reference, .store("status \(response.status)"))
        }
    }

    private func request(mount: String, path: String) -> HTTPRequest {
        var headers: Headers = ["X-Vault-Token": token.reveal(), "X-Vault-Request": "true"]
        if let namespace, !namespace.isEmpty { headers["X-Vault-Namespace"] = namespace }
        let steps = path.split(separator: "/").map { PercentEncoding.segment($0) }.joined(separator: "/")
        let base = address.hasSuffix("/") ? String(address.dropLast()) : address
        return HTTPRequest(
            url: "\(base)/v1/\(PercentEncoding.segment(mount))/data/\(steps)", headers: headers,
            timeouts: Self.timeouts, responseLimitBytes: Self.largestResponseBytes)
    }

    private func value(
        of field: String, in response: HTTPResponse, for reference: SecretReference
    ) throws(SecretFailure) -> Secret {
        let document: JSONValue
        do throws(JSONParser.Problem) {
            document = try JSONParser.parse(response.body)
        } catch {
            throw SecretFailure(reference, .store("the answer is \(error.message)"))
        }
        switch document["data"]?["data"]?[field] {
        case .string(let text)?: return Secret(text)
        case .number(let number)?: return Secret(number.description)
        case nil, .null?: throw SecretFailure(reference, .missing("the secret has no field '\(field)'"))
        default: throw SecretFailure(reference, .unreadable("the field is not a string"))
        }
    }
}
