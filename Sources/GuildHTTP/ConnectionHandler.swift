import NIOCore
import NIOHTTP1

/// One connection: collects a request, lets its route answer it, and writes the answer, one request at a time.
///
///     waiting ─head─▶ reading ─end─▶ answering ─answer written─▶ waiting | closed
///        │               └─ too large, too slow ─▶ lingering ─▶ closed
///        └─ refused by its head ─▶ refusing ─end─▶ answer written ─▶ waiting
///
/// The pipeline handler before it holds back further requests while one is answered, and ends the connection after
/// the current one when the listener shuts down. All of this runs on the connection's event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Kept without payloads: the body grows in place beside it.
    enum Phase {
        case waiting, reading, refusing, answering
        /// The answer went out before the request was read: what still comes is dropped, so that the client is not
        /// reset before it has read the answer.
        case lingering
        case closed
    }

    /// What the answer must know of its request.
    struct Exchange {
        let version: HTTPVersion
        let isHead: Bool
        var keepAlive: Bool
    }

    /// A refused request's body up to this length is read and dropped, to keep the connection.
    private static let droppedBodyBytes = 64 << 10
    /// How long a client may go on sending after an answer that ends the connection.
    private static let lingerTime = TimeAmount.seconds(2)

    let service: RequestService
    private let executor: EventLoopExecutor
    var phase = Phase.waiting
    var exchange = Exchange(version: .http1_1, isHead: false, keepAlive: false)
    private var remoteAddress: String?
    private var accepted: RequestService.Accepted?
    private var body: [UInt8] = []
    private var refusal: Reply?
    private var droppedBytes = 0
    private var task: Task<Void, Never>?
    private var deadline: NIODeadline?
    private var timer: (at: NIODeadline, scheduled: Scheduled<Void>)?

    init(service: RequestService, eventLoop: any EventLoop) {
        self.service = service
        executor = EventLoopExecutor(eventLoop)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where phase == .waiting: receive(head, context)
        case .body(let buffer) where phase == .reading: receive(buffer, context)
        case .body(let buffer) where phase == .refusing:
            droppedBytes += buffer.readableBytes
            if droppedBytes > Self.droppedBodyBytes { refuseAtOnce(refusal ?? service.full, context) }
        case .end where phase == .reading: answer(context)
        case .end where phase == .refusing: write(refusal ?? service.full, context)
        case .head, .body, .end: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // A body that came with its head needs no deadline of its own.
        if phase == .reading || phase == .refusing, deadline == nil {
            setDeadline(.now() + TimeAmount(service.limits.bodyTimeout), context)
        }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        if phase == .answering { exchange.keepAlive = false } else { close(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, phase) {
        case (let error as HTTPParserError, .waiting), (let error as HTTPParserError, .reading),
            (let error as HTTPParserError, .refusing):
            let status = error == .headerOverflow ? 431 : 400
            if phase == .waiting { exchange = Exchange(version: .http1_1, isHead: false, keepAlive: false) }
            refuseAtOnce(.problem(status: status, title: Problems.title(status)), context)
        case (is ByteToMessageDecoderError, .answering): exchange.keepAlive = false
        case (_, .lingering): break
        default: close(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(context)
        context.fireChannelInactive()
    }

    // MARK: - The request

    private func begin(_ context: ChannelHandlerContext) {
        guard remoteAddress == nil, deadline == nil else { return }
        remoteAddress = context.remoteAddress?.ipAddress
        setDeadline(.now() + TimeAmount(service.limits.idleTimeout), context)
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        deadline = nil
        // After an upgrade that we do not make, the parser reads no further request.
        let keepAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade")
        exchange = Exchange(version: head.version, isHead: head.method == .HEAD, keepAlive: keepAlive)
        let declared = head.headers.first(name: "content-length").flatMap { Int($0) }
        let expectsContinue = head.headers.first(name: "expect")?.lowercased() == "100-continue"
        switch service.decide(head) {
        case .accept(let request):
            guard declared ?? 0 <= request.route.bodyLimitBytes else { return refuseAtOnce(tooLarge(request), context) }
            accepted = request
            phase = .reading
            if let declared, declared > 0 { body.reserveCapacity(declared) }
            if expectsContinue {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))))
                    .whenFailure { _ in }
            }
        case .refuse(let reply):
            phase = .refusing
            (refusal, droppedBytes) = (reply, 0)
            if expectsContinue || declared ?? 0 > Self.droppedBodyBytes { refuseAtOnce(reply, context) }
        }
    }

    private func receive(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let accepted else { return }
        guard body.count + buffer.readableBytes <= accepted.route.bodyLimitBytes else {
            return refuseAtOnce(tooLarge(accepted), context)
        }
        guard service.admission.reserve(bytes: buffer.readableBytes) else { return refuseAtOnce(service.full, context) }
        buffer.withUnsafeReadableBytes { body.append(contentsOf: $0) }
    }

    private func tooLarge(_ request: RequestService.Accepted) -> Reply {
        .problem(
            status: 413, title: Problems.title(413),
            detail: "a body here may have \(request.route.bodyLimitBytes) bytes")
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let request = accepted else { return }
        deadline = nil
        guard service.admission.enter() else {
            dropRequest()
            return write(service.full, context)
        }
        phase = .answering
        let content = body
        (accepted, body) = (nil, [])
        let writer = ReplyWriter(self, context)
        task = Task(executorPreference: executor) { [service, remoteAddress] in
            let reply = await service.answer(request, body: content, remoteAddress: remoteAddress)
            await writer.send(reply)
            service.admission.leave()
        }
    }

    // MARK: - The end of a request, and of the connection

    /// Answers before the request has been read, and ends the connection.
    private func refuseAtOnce(_ reply: Reply, _ context: ChannelHandlerContext) {
        exchange.keepAlive = false
        phase = .lingering
        dropRequest()
        write(reply, context)
        setDeadline(.now() + Self.lingerTime, context)
    }

    /// Gives back what a request that will not be answered by its route holds.
    private func dropRequest() {
        service.admission.release(bytes: body.count)
        (accepted, body, refusal) = (nil, [], nil)
    }

    /// Called before the end of an answer is written, because writing it may bring the next request.
    func finishExchange(_ context: ChannelHandlerContext) {
        (task, refusal) = (nil, nil)
        guard phase != .lingering else { return }
        phase = exchange.keepAlive ? .waiting : .lingering
        let patience = exchange.keepAlive ? TimeAmount(service.limits.idleTimeout) : Self.lingerTime
        setDeadline(.now() + patience, context)
    }

    /// Ends the connection, and what runs for it.
    func close(_ context: ChannelHandlerContext) {
        guard phase != .closed else { return }
        phase = .closed
        dropRequest()
        task?.cancel()
        timer?.scheduled.cancel()
        (task, timer, deadline) = (nil, nil, nil)
        context.close(promise: nil)
    }

    // MARK: - Deadlines

    /// One timer a connection serves all deadlines; it is moved only to an earlier time.
    func setDeadline(_ deadline: NIODeadline?, _ context: ChannelHandlerContext) {
        guard phase != .closed else { return }
        self.deadline = deadline
        guard let deadline, timer.map({ deadline < $0.at }) ?? true else { return }
        timer?.scheduled.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let scheduled = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            handler.timerFired(context)
        }
        timer = (deadline, scheduled)
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        timer = nil
        guard let deadline else { return }
        guard deadline <= .now() else { return setDeadline(deadline, context) }
        if phase == .reading || phase == .refusing {
            refuseAtOnce(.problem(status: 408, title: Problems.title(408), detail: "the body came too slowly"), context)
        } else {
            close(context)
        }
    }
}
