import Foundation
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildHTTP
import GuildIngress
import GuildLedger
import GuildTransport
import Logging
import ServiceLifecycle
import UnixSignals

/// The webhook gateway alone, as `guild serve` composes it, with the ledger behind it or with nothing.
struct GatewayProcess {
    let setting: BenchSetting

    func run() async throws {
        let systems = SystemRegistry.standard.catalogue()
        let head = try CodexLoader.load(folder: setting.codex, systems: systems).get()
        var logger = Logger(label: "gateway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let time = SystemTime()
        let secrets = SecretResolver(
            redactor: Redactor(), trust: EverySecret(), http: nil, clock: time, logger: logger
        ) { _ in Deliveries.secret }
        let ledger =
            setting.isDurable
            ? try Ledger(at: LedgerLocation(url: "sqlite:ledger.sqlite", workingDirectory: setting.work)) : nil
        defer { ledger?.close() }
        let events: any EventStore =
            if let ledger { LedgerEvents(events: ledger.events, actions: ledger.actions) } else { NoEvents() }
        let gateway = WebhookGateway(
            codex: CurrentCodex(head) { _ in head },
            connectors: CurrentConnectors(http: HTTPClient(), secrets: secrets, time: time), secrets: secrets,
            events: events, time: time, logger: logger)
        let configuration = ServiceGroupConfiguration(
            services: [.init(service: server(gateway.routes, logger))], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        try await ServiceGroup(configuration: configuration).run()
    }

    private func server(_ routes: [Route], _ logger: Logger) -> any Service {
        let onReady: @Sendable (Int) async -> Void = { Output.show("listening 127.0.0.1:\($0)") }
        if setting.isHummingbird { return HummingbirdGateway(routes: routes, logger: logger, onReady: onReady) }
        let address = ListenAddress(host: "127.0.0.1", port: 0)
        return HTTPListener(routes: routes, address: address, logger: logger, onReady: onReady)
    }
}

/// Accepts every event and keeps none: for the cost of everything before the ledger.
private struct NoEvents: EventStore {
    func accept(_ event: Event, policy: AcceptancePolicy, now: Timestamp) -> Acceptance { .accepted(event.id) }
    func origin(of action: ActionID) -> Event? { nil }
    func origin(ofLast operations: [String], on subject: String, now: Timestamp) -> Event? { nil }
    func action(_ id: ActionID) -> Action? { nil }
}
