import GuildCodex
package import GuildConnectors
import GuildDomain
package import GuildRuntime
import GuildTransport

/// `guild run --dry-run`: needs no ledger and calls nothing.
package enum RunPreview {
    /// Builds the first request of a run, without calling anything.
    package static func make(
        _ request: RunRequest, _ settings: Settings, redactor: Redactor
    ) throws -> DryRun {
        let snapshot = try CodexAccess(settings).snapshot()
        guard let agent = snapshot.agent(request.agent) else {
            throw snapshot.unknownAgent(request.agent)
        }
        let secrets = SecretResolver(
            redactor: redactor, trust: NoSecret(), http: nil, clock: settings.time, logger: settings.logger)
        let connectors = CurrentConnectors(http: HTTPClient(), secrets: secrets, time: settings.time)
        let now = settings.time.now
        let event =
            request.event
            ?? Event(
                id: EventID(now: now), source: "/cli/preview", type: Event.runRequested, time: now, system: "cli",
                payload: Array("{}".utf8))
        return try DryRun.make(
            agent: agent, event: event, options: request.options, in: snapshot, connectors: connectors.of(snapshot),
            now: now)
    }
}
