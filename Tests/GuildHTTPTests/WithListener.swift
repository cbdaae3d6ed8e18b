import GuildDomain
import GuildHTTP
import Logging
import ServiceLifecycle

/// A listener on a free port of the loopback, while `body` runs; it is then shut down gracefully.
func withListener<Value: Sendable>(
    _ routes: [Route], limits: HTTPLimits = HTTPLimits(), hosts: HostPolicy = .any,
    tokens: BearerTokens = BearerTokens(),
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: (Int, ServiceGroup) async throws -> Value
) async throws -> Value {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let listener = HTTPListener(
        routes: routes, address: ListenAddress(host: "127.0.0.1", port: 0), limits: limits,
        callers: CallerPolicy(hosts: hosts) { tokens }, logger: logger
    ) { continuation.yield($0) }
    let group = ServiceGroup(services: [listener], logger: logger)
    let running = Task {
        defer { continuation.finish() }
        try await group.run()
    }
    guard let port = await ports.first(where: { _ in true }) else {
        try await running.value
        throw Failure(.failed, "the listener ended before it was ready")
    }
    do {
        let value = try await body(port, group)
        await group.triggerGracefulShutdown()
        try await running.value
        return value
    } catch {
        running.cancel()
        throw error
    }
}

/// A door that a handler waits at, and a test opens; both sides learn of the other without a clock.
struct Gate: Sendable {
    private let arrivals = AsyncStream<Void>.makeStream()
    private let opening = AsyncStream<Void>.makeStream()

    /// In the handler.
    func pass() async {
        arrivals.continuation.yield()
        for await _ in opening.stream { return }
    }

    /// In the test: returns when a handler has arrived.
    func arrival() async { for await _ in arrivals.stream { return } }

    func open() { opening.continuation.yield() }
}
