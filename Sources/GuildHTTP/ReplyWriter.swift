import GuildDomain
import NIOCore
import NIOHTTP1

/// Brings a handler's reply back to its connection's event loop.
struct ReplyWriter: Sendable {
    private let connection: NIOLoopBound<(handler: ConnectionHandler, context: ChannelHandlerContext)>
    private let eventLoop: any EventLoop
    private let service: RequestService

    init(_ handler: ConnectionHandler, _ context: ChannelHandlerContext) {
        connection = NIOLoopBound((handler, context), eventLoop: context.eventLoop)
        eventLoop = context.eventLoop
        service = handler.service
    }

    /// Returns when the reply has been handed to the connection; a streamed one goes no faster than the client reads.
    func send(_ reply: Reply) async {
        guard case .stream(let pieces) = reply.body else {
            return await onLoop { handler, context in
                if handler.phase == .answering { handler.write(reply, context) }
            }
        }
        do {
            guard try await step({ $0.beginStream(reply, $1) }) else { return }
            for try await piece in pieces where !piece.isEmpty {
                guard try await step({ $0.write(piece: piece, $1) }) else { return }
            }
            try Task.checkCancellation()
            await onLoop { handler, context in
                if handler.phase == .answering { handler.endStream(context) }
            }
        } catch {
            // The head is out: only a broken connection can still say that the reply is not whole.
            service.streamFailed(error)
            await onLoop { handler, context in handler.close(context) }
        }
    }

    private func onLoop(_ body: @escaping @Sendable (ConnectionHandler, ChannelHandlerContext) -> Void) async {
        if eventLoop.inEventLoop {
            let (handler, context) = connection.value
            return body(handler, context)
        }
        await withCheckedContinuation { continuation in
            eventLoop.execute {
                let (handler, context) = connection.value
                body(handler, context)
                continuation.resume()
            }
        }
    }

    /// - Returns: false once the connection has gone, or needs no more of the reply.
    private func step(
        _ body: @escaping @Sendable (ConnectionHandler, ChannelHandlerContext) -> EventLoopFuture<Void>?
    ) async throws -> Bool {
        let connection = connection
        let written = eventLoop.flatSubmit { [eventLoop] () -> EventLoopFuture<Bool> in
            let (handler, context) = connection.value
            guard handler.phase == .answering, let future = body(handler, context) else {
                return eventLoop.makeSucceededFuture(false)
            }
            return future.map { true }
        }
        return try await written.get()
    }
}

extension ConnectionHandler {
    /// Writes a reply whose bytes are at hand; the connection is ready for the next request, or closing, when the socket
    /// has taken them.
    func write(_ reply: Reply, _ context: ChannelHandlerContext) {
        let content: [UInt8] = if case .bytes(let bytes) = reply.body { bytes } else { [] }
        if phase != .lingering { phase = .answering }
        var head = responseHead(reply)
        head.headers.add(name: "content-length", value: String(content.count))
        let hasBody = !content.isEmpty && !exchange.isHead && head.status.mayHaveResponseBody
        guard hasBody else { return end(context, after: context.writeAndFlush(wrapOutboundOut(.head(head)))) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let body = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: content)))
        end(context, after: context.writeAndFlush(wrapOutboundOut(body)), bytes: content.count)
    }

    /// Ends the exchange when the socket has taken its answer, which it mostly has at once.
    private func end(_ context: ChannelHandlerContext, after taken: EventLoopFuture<Void>, bytes: Int = 0) {
        let waiting = TakenAnswer()
        let service = service
        taken.assumeIsolated().whenComplete { [self] result in
            if waiting.isHeld { service.admission.sent(bytes) }
            waiting.isOver = true
            guard phase != .closed else { return }
            if case .failure = result { close(context) } else { end(context) }
        }
        guard !waiting.isOver, phase != .closed else { return }
        guard service.admission.hold(unsent: bytes) else { return cut("answers without room") }
        waiting.isHeld = true
        if phase == .answering { awaitClient(context) }
    }

    /// - Returns: nil where the head is the whole reply.
    func beginStream(_ reply: Reply, _ context: ChannelHandlerContext) -> EventLoopFuture<Void>? {
        if exchange.isHead {
            // Neither a length nor chunks can be told for a body that is not produced.
            exchange.keepAlive = false
            var head = responseHead(reply)
            head.version = .http1_0
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            end(context)
            return nil
        }
        if exchange.version.minor < 1 { exchange.keepAlive = false }
        return sent(context.writeAndFlush(wrapOutboundOut(.head(responseHead(reply)))), context)
    }

    func write(piece: [UInt8], _ context: ChannelHandlerContext) -> EventLoopFuture<Void>? {
        sent(context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece))))), context)
    }

    /// The deadline is for the client to take this piece; it ends when the piece has left.
    private func sent(_ written: EventLoopFuture<Void>, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        awaitClient(context)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return written.map {
            let (handler, context) = bound.value
            if handler.phase == .answering { handler.clientTook(context) }
        }
    }

    func endStream(_ context: ChannelHandlerContext) { end(context) }

    private func end(_ context: ChannelHandlerContext) {
        finishExchange(context)
        let closes = phase == .lingering
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        guard closes else {
            gate?.proceed()
            return
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.whenComplete { _ in bound.value.close(mode: .output, promise: nil) }
    }

    private func responseHead(_ reply: Reply) -> HTTPResponseHead {
        let version: HTTPVersion = exchange.version.minor < 1 ? .http1_0 : .http1_1
        // A handler has no say in informational statuses: they would be a second answer.
        let status = HTTPResponseStatus(statusCode: (200...599).contains(reply.status) ? reply.status : 500)
        var head = HTTPResponseHead(version: version, status: status)
        head.headers.reserveCapacity(reply.headers.fields.count + 3)
        for field in reply.headers.fields where FieldSyntax.isSendable(field) {
            head.headers.add(name: field.name, value: field.value)
        }
        head.headers.add(name: "date", value: service.date.text)
        if !exchange.keepAlive {
            head.headers.add(name: "connection", value: "close")
        } else if version.minor < 1 {
            head.headers.add(name: "connection", value: "keep-alive")
        }
        return head
    }
}

/// What becomes of an answer that was written.
private final class TakenAnswer {
    var isOver = false
    var isHeld = false
}

/// Which fields of a handler go out (RFC 9110, section 5): a value with a line break would forge the next field.
enum FieldSyntax {
    private static let ours: Set<String> = ["content-length", "transfer-encoding", "connection", "date"]
    private static let tokenMarks = Set("!#$%&'*+-.^_`|~".utf8)

    static func isSendable(_ field: Headers.Field) -> Bool {
        !field.name.isEmpty && field.name.utf8.allSatisfy(isTokenByte)
            && field.value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
            && !ours.contains(field.name.lowercased())
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: tokenMarks.contains(byte)
        }
    }
}
