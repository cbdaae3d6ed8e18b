import GuildDomain
import GuildTransport

extension GitHubClient {
    private static let viewer = "query { viewer { login databaseId } }"
    private static let operation = "github identity"

    /// The account that the token belongs to. An App's installation token may not ask REST (403), but may ask GraphQL
    /// (https://docs.github.com/graphql/reference/queries#viewer).
    func askIdentity() async throws(OperationFailure) -> GitHubIdentity {
        do throws(OperationFailure) {
            return try await owner(in: HTTPCall("/user"), at: [], id: "id")
        } catch {
            guard case .final = error else { throw error }
            do throws(OperationFailure) {
                return try await owner(in: GitHubRules.graphQL(Self.viewer), at: ["data", "viewer"], id: "databaseId")
            } catch let second {
                // A transient failure of the second asking is one of the whole.
                guard case .final(let status, let reason) = second else { throw second }
                throw .final(status: status, reason: "\(error.message); \(reason)")
            }
        }
    }

    /// - Parameters:
    ///   - path: to the account in the answer.
    ///   - id: the name that the API has for its id.
    private func owner(
        in call: HTTPCall, at path: [String], id: String
    ) async throws(OperationFailure) -> GitHubIdentity {
        let response = try await send(call, for: Self.operation)
        try caller.check(response, of: Self.operation)
        let answer = try caller.json(response, of: Self.operation)
        var value: JSONValue? = answer
        for key in path { value = value?[key] }
        guard let login = value?["login"]?.string, !login.isEmpty else {
            throw .final(
                status: response.status,
                reason: "\(Self.operation): \(call.path) does not say who the token belongs to")
        }
        return GitHubIdentity(login: login, id: value?[id]?.integer)
    }
}
