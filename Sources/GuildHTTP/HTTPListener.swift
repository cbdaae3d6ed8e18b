import GuildDomain
import HummingbirdCore
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// The HTTP server: it hands each request to its route, within limits.
///
/// Hummingbird's server accepts and drains the connections; what it puts on them is `ConnectionHandler`, which goes
/// from the parser to the route without a step between, because every webhook passes here. A handler runs on its
/// connection's event loop: one that blocks or computes for long must do that on a thread or queue of its own, and
/// one whose client leaves is cancelled.
package struct HTTPListener: Service {
    private let routes: [Route]
    private let address: ListenAddress
    private let limits: HTTPLimits
    private let hosts: HostPolicy
    private let proxies: TrustedProxies
    private let refusals: RefusalLog
    private let bearerTokens: @Sendable () async -> BearerTokens
    private let logger: Logger
    private let onReady: @Sendable (Int) async -> Void

    /// How many connections the system holds before they are accepted.
    private static let backlog = 1024

    /// The system's own limit on connections lies this much above ours, which closes quiet ones.
    private static let spareConnections = 16

    /// - Parameters:
    ///   - hosts: for which hosts it answers; without a policy for all.
    ///   - refusals: where refused requests are counted; without one the listener keeps its own.
    ///   - bearerTokens: with none, every route that needs a scope answers 401; asked for with each such request.
    ///   - onReady: called with the bound port; connections are accepted when it returns.
    package init(
        routes: [Route], address: ListenAddress, limits: HTTPLimits = HTTPLimits(), hosts: HostPolicy = .any,
        proxies: TrustedProxies = .loopback, refusals: RefusalLog? = nil,
        bearerTokens: @escaping @Sendable () async -> BearerTokens = { BearerTokens() }, logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.routes = routes
        self.address = address
        self.limits = limits
        self.hosts = hosts
        self.proxies = proxies
        self.refusals = refusals ?? RefusalLog(logger: logger)
        self.bearerTokens = bearerTokens
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until a graceful shutdown, then lets the requests in flight finish, within `HTTPLimits.drainTimeout`.
    ///
    /// - Throws: `ListenFailure` where the routes contradict each other or the address cannot be had.
    package func run() async throws {
        let service = RequestService(
            table: try RouteTable(routes), limits: limits, hosts: hosts, proxies: proxies, refusals: refusals,
            bearerTokens: bearerTokens, logger: logger)
        defer { refusals.flush() }
        let server = server(service)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await server.run()
                } catch let error as IOError {
                    throw ListenFailure.cannotBind(address: address, reason: SystemError.words(error.errnoCode))
                } catch let error where error is SocketAddressError || error is SocketAddressError.UnknownHost {
                    throw ListenFailure.cannotBind(address: address, reason: "no host of that name is known here")
                }
            }
            group.addTask { [limits] in
                // Cancelled when the server has ended: then there is nothing to drain.
                try? await gracefulShutdown()
                try? await Task.sleep(for: limits.drainTimeout)
            }
            // The server's end, or the end of its time to drain: cancelling closes what is still open.
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func server(_ service: RequestService) -> any Service {
        // Its own announcement of the address would double ours.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return ConnectionSetup(service: service).server(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), backlog: Self.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    limits.maxConnections + Self.spareConnections, logger: quiet)),
            onServerRunning: { [onReady, address] channel in
                await onReady(channel.localAddress?.port ?? address.port)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet)
    }
}

/// Prepares each accepted connection.
private struct ConnectionSetup: ServerChildChannel {
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
    }

    let service: RequestService

    /// A webhook of 8 KB arrives in one read.
    private static let firstReadBytes = 16 << 10
    private static let largestReadBytes = 32 << 10

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            var decoding = NIOHTTPDecoderLimitConfiguration()
            decoding.maxHeaderFieldSize = service.limits.headerBytes
            decoding.maxHeaderListSize = service.limits.headerBytes
            decoding.maxHeaderFieldCount = service.limits.headerFields
            try channel.syncOptions?.setOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 1024, initial: Self.firstReadBytes, maximum: Self.largestReadBytes))
            let pipeline = channel.pipeline.syncOperations
            let connection = ConnectionHandler(service: service, eventLoop: channel.eventLoop)
            let gate = RequestGate(connection)
            connection.gate = gate
            try pipeline.addHandler(gate)
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoding)
            try pipeline.addHandler(connection)
            return Connection(channel: channel)
        }
    }

    func handle(value: Connection, logger: Logger) async {
        await withTaskCancellationHandler {
            // How the connection ended has been told to its handler; here it only counts that it did.
            try? await value.channel.closeFuture.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }
}
