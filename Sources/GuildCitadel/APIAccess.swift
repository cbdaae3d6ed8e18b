import GuildCodex
import GuildConnectors
import GuildDomain
import GuildHTTP
import Logging

/// The bearer tokens that the accepted codex names, as their secrets are now.
struct APIAccess: Sendable {
    let codex: CurrentCodex
    let secrets: SecretResolver
    let refusals: RefusalLog
    let logger: Logger

    /// A token whose secret cannot be had lets nobody in; the log says why, once for a while: each request with a bearer
    /// token comes here, whoever sends it.
    func tokens() async -> BearerTokens {
        var grants: [BearerTokens.Grant] = []
        for token in codex.head.guild.apiTokens {
            do {
                let secret = try await secrets.resolve(token.secret, for: SecretUse(.admit))
                grants.append(
                    BearerTokens.Grant(
                        token: secret.reveal(), scopes: Set(token.scopes.map(\.rawValue)), name: token.name))
            } catch {
                if refusals.count("requests while a bearer token is unavailable, token=\(token.name)") {
                    logger.error(
                        "a bearer token is unavailable",
                        metadata: ["token": "\(token.name)", "reason": "\(error.message)"])
                }
            }
        }
        return BearerTokens(grants)
    }
}
