import GuildDomain
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix
import ServiceLifecycle

/// The HTTP server: it hands each request to its route, within limits.
///
/// Hummingbird's server, connection handler and router do the work. The limits of a connection are `RequestGate` and
/// `ConnectionGuard` around the parser, those of a request are `ListenerMiddleware` and `RouteResponder`. A handler runs on
/// its connection's event loop: one that blocks or computes for long must do that on a thread or queue of its own, and one
/// whose client leaves is cancelled.
package struct HTTPListener: Service {
    private let routes: [Route]
    private let address: ListenAddress
    private let limits: HTTPLimits
    private let callers: CallerPolicy
    private let refusals: RefusalLog
    private let logger: Logger
    private let onReady: @Sendable (Int) async -> Void

    /// How many connections the system holds before they are accepted.
    private static let backlog = 1024

    /// The system's own limit on connections lies this much above ours, which closes quiet ones.
    private static let spareConnections = 16

    /// - Parameters:
    ///   - refusals: counts refused requests; without one the listener keeps its own.
    ///   - onReady: called with the bound port; connections are accepted when it returns.
    package init(
        routes: [Route], address: ListenAddress, limits: HTTPLimits = HTTPLimits(),
        callers: CallerPolicy = CallerPolicy(), refusals: RefusalLog? = nil, logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.routes = routes
        self.address = address
        self.limits = limits
        self.callers = callers
        self.refusals = refusals ?? RefusalLog(logger: logger)
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until a graceful shutdown, then lets the requests in flight finish, within `HTTPLimits.drainTimeout`.
    ///
    /// - Throws: `ListenFailure` if the routes contradict each other or the address is unavailable.
    package func run() async throws {
        let service = ListenerService(
            limits: limits, callers: callers, refusals: refusals, logger: logger)
        defer { refusals.flush() }
        let server = try server(service)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await server.run()
                } catch let error as IOError {
                    throw ListenFailure.cannotBind(address: address, reason: SystemError.words(error.errnoCode))
                } catch let error where error is SocketAddressError || error is SocketAddressError.UnknownHost {
                    throw ListenFailure.cannotBind(address: address, reason: "this host name is unknown here")
                }
            }
            group.addTask { [limits] in
                // Cancelled when the server has ended: then there is nothing to drain.
                try? await gracefulShutdown()
                try? await Task.sleep(for: limits.drainTimeout)
            }
            // The server's end, or the end of its time to drain: cancelling closes the remaining connections.
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func server(_ service: ListenerService) throws -> any Service {
        // Its own announcement of the address would double ours.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let loops = MultiThreadedEventLoopGroup.singleton
        let turns = TurnQueues(loops)
        let builder = HTTPServerBuilder { GuardedHTTP1Channel(responder: $0, service: service, turns: turns) }
        let responder = try RouteMap.responder(routes, service: service)
        return try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), backlog: Self.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    limits.maxConnections + Self.spareConnections, logger: quiet)),
            eventLoopGroup: loops, logger: quiet,
            responder: { [logger] request, writer, channel in
                let context = ListenerContext(source: .init(channel: channel, logger: logger))
                let response = try await responder.respond(to: request, context: context)
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { [onReady, address] channel in
                await onReady(channel.localAddress?.port ?? address.port)
            })
    }
}

/// Hummingbird's handler of HTTP/1 connections, with our limits around its parser.
private struct GuardedHTTP1Channel: ServerChildChannel {
    /// A webhook of 8 KB arrives in one read.
    private static let firstReadBytes = 16 << 10
    private static let largestReadBytes = 32 << 10

    private let base: HTTP1Channel
    private let service: ListenerService
    private let turns: TurnQueues

    init(responder: @escaping HTTPChannelHandler.Responder, service: ListenerService, turns: TurnQueues) {
        let limits = service.limits
        base = HTTP1Channel(
            responder: responder,
            configuration: .init(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
                    maxHeaderFieldCount: limits.headerFields)))
        self.service = service
        self.turns = turns
    }

    struct Connection: ServerChildChannelValue {
        let channel: any Channel
        let task: Task<Void, Never>
    }

    /// The connection is served from here on: `handle` would first need a thread of the common pool, which may be busy.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        do {
            try channel.syncOptions?.setOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 1024, initial: Self.firstReadBytes, maximum: Self.largestReadBytes))
            let connection = ConnectionGuard(service: service)
            let gate = RequestGate(connection, turns: turns.queue(of: channel.eventLoop))
            connection.gate = gate
            try channel.pipeline.syncOperations.addHandler(gate)
            let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
            return base.setup(channel: channel, logger: logger).flatMapThrowing { [base] value in
                let pipeline = channel.pipeline.syncOperations
                let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
                try pipeline.addHandler(bound.value, position: .before(codec))
                let task = Task(executorPreference: EventLoopExecutor(channel.eventLoop)) {
                    await base.handle(value: value, logger: logger)
                }
                // Work for a client that has left is useless.
                channel.closeFuture.whenComplete { _ in task.cancel() }
                return Connection(channel: channel, task: task)
            }
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }

    func handle(value: Connection, logger: Logger) async {
        await withTaskCancellationHandler {
            await value.task.value
        } onCancel: {
            value.task.cancel()
            value.channel.close(promise: nil)
        }
    }
}
