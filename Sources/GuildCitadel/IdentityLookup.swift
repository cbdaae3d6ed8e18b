import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import Logging
import ServiceLifecycle

/// Learns who we are on GitHub where the codex does not say it, so that the gateway knows our own events.
struct IdentityLookup: Service {
    private static let recheck = Duration.seconds(60)

    let deployment: Deployment

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let head = deployment.codex.head
                do {
                    try await deployment.connectors.learnGitHubIdentity(head)
                } catch {
                    deployment.logger.warning(
                        "cannot learn who we are on GitHub; set connection.identity of its connector",
                        metadata: ["reason": "\(error)"])
                }
                // A reload may bring another connector; a failure may pass.
                let known = deployment.ledger.signal(.schedules)
                let seen = known.generation
                let isKnown = deployment.connectors.gitHubIdentity(head) != nil
                let wait = isKnown || head.connector(system: "github")?.connection.authentication == nil
                let deadline = wait ? Timestamp(microseconds: .max) : deployment.time.now + Self.recheck
                await known.wait(after: seen, until: deadline, time: deployment.time)
            }
        }
    }
}
