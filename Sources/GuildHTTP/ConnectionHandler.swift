import GuildDomain
import NIOCore
import NIOHTTP1

/// One connection: collects a request, lets its route answer it, and writes the answer, one request at a time.
///
///     waiting ─head─▶ reading ─end─▶ answering ─the socket has the answer─▶ waiting | closed
///        │               └─ too large, too slow ─▶ lingering ─▶ closed
///        └─ refused by its head ─▶ refusing ─end─▶ answering
///
/// `RequestGate` holds back further requests until the socket has taken the answer; the pipeline handler between them
/// ends the connection after the current one when the listener shuts down. All of this runs on the connection's event
/// loop.
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
    /// The part of an announced body that must have come before room for all of it is set aside.
    private static let announcedShare = 8
    /// How long a client may go on sending after an answer that ends the connection.
    private static let lingerTime = TimeAmount.seconds(2)

    let service: RequestService
    /// Set when both are in the pipeline; the gate holds this handler.
    weak var gate: RequestGate?
    private let executor: EventLoopExecutor
    var phase = Phase.waiting
    var exchange = Exchange(version: .http1_1, isHead: false, keepAlive: false)
    private var context: ChannelHandlerContext?
    private var peer: InternetAddress?
    private var remoteAddress: String?
    private var localAddress: InternetAddress?
    private var entry: ConnectionRegistry.Entry?
    private var accepted: RequestService.Accepted?
    private var body: [UInt8] = []
    /// What `Content-Length` announces.
    private var declared: Int?
    private var hold: BodyBudget.Hold?
    private var client: AddressBlock?
    private var refusal: Reply?
    private var droppedBytes = 0
    /// Whether bytes of a header have come, and whether its deadline has begun.
    private var (hasHeadBegun, isHeadTimed) = (false, false)
    private var hasAnswered = false
    /// Whether what was written has not been taken yet.
    private var awaitsClient = false
    private var task: Task<Void, Never>?
    private var deadline: NIODeadline?
    private var timer: (at: NIODeadline, scheduled: Scheduled<Void>)?

    init(service: RequestService, eventLoop: any EventLoop) {
        self.service = service
        executor = EventLoopExecutor(eventLoop)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// Whether the parser may have more.
    var takesBytes: Bool { phase == .waiting || phase == .reading || phase == .refusing }

    func bytesCame() { hasHeadBegun = true }

    /// Ends the connection of a client that does what none should.
    func cut(_ reason: String) {
        service.refusals.count(reason)
        if let context { close(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where phase == .waiting: receive(head, context)
        case .body(let buffer) where phase == .reading: receive(buffer, context)
        case .body(let buffer) where phase == .refusing:
            droppedBytes += buffer.readableBytes
            if droppedBytes > Self.droppedBodyBytes { refuseAtOnce(refusal ?? service.full(Self.noRoom), context) }
        case .end where phase == .reading: answer(context)
        case .end where phase == .refusing: write(refusal ?? service.full(Self.noRoom), context)
        case .head, .body, .end: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // A body that came with its head needs no deadline of its own.
        if phase == .reading || phase == .refusing, deadline == nil {
            setDeadline(.now() + TimeAmount(service.limits.bodyTimeout), context)
        } else if phase == .waiting, hasHeadBegun, !isHeadTimed {
            isHeadTimed = true
            setDeadline(.now() + TimeAmount(service.limits.headTimeout), context)
        }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        if phase == .answering { exchange.keepAlive = false } else { close(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Half a request was there when the connection ended: there is nobody to answer.
        guard context.channel.isActive else { return close(context) }
        switch (error, phase) {
        case (let error as HTTPParserError, .waiting), (let error as HTTPParserError, .reading),
            (let error as HTTPParserError, .refusing):
            let status = error == .headerOverflow ? 431 : 400
            service.refusals.count(status == 431 ? "a header over its limit" : "not HTTP")
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
        guard entry == nil, phase != .closed else { return }
        remoteAddress = context.remoteAddress?.ipAddress
        peer = remoteAddress.flatMap(InternetAddress.init)
        localAddress = context.localAddress?.ipAddress.flatMap(InternetAddress.init)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let isTrusted = peer.map { service.proxies.contains($0) } ?? false
        let entry = ConnectionRegistry.Entry(peer: isTrusted ? nil : peer?.holder) {
            [eventLoop = context.eventLoop] in
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.giveWay(context)
            }
        }
        entry.setQuiet(since: NIODeadline.now().uptimeNanoseconds)
        guard let closed = service.connections.add(entry) else { return cut("too many connections of one address") }
        self.entry = entry
        if closed > 0 { service.refusals.count("quiet connections closed for new ones") }
        setDeadline(.now() + TimeAmount(service.limits.firstByteTimeout), context)
    }

    /// Another connection has taken this one's place.
    private func giveWay(_ context: ChannelHandlerContext) {
        if phase == .answering, !awaitsClient { exchange.keepAlive = false } else { close(context) }
    }

    /// Part of an answer was written: the client has a while to take it, and counts as quiet until then.
    func awaitClient(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        awaitsClient = true
        entry?.setQuiet(since: now.uptimeNanoseconds)
        setDeadline(now + TimeAmount(service.limits.answerTimeout), context)
    }

    func clientTook(_ context: ChannelHandlerContext) {
        awaitsClient = false
        entry?.setQuiet(since: nil)
        setDeadline(nil, context)
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        (deadline, hasHeadBegun, isHeadTimed) = (nil, false, false)
        // After an upgrade that we do not make, the parser reads no further request.
        let keepAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade")
        exchange = Exchange(version: head.version, isHead: head.method == .HEAD, keepAlive: keepAlive)
        declared = head.headers.first(name: "content-length").flatMap { Int($0) }
        let expectsContinue = head.headers.first(name: "expect")?.lowercased() == "100-continue"
        switch service.decide(head, remote: remoteAddress, local: localAddress) {
        case .accept(let request):
            guard declared ?? 0 <= request.route.bodyLimitBytes else { return refuseAtOnce(tooLarge(request), context) }
            accepted = request
            phase = .reading
            client = service.proxies.client(of: peer, forwardedFor: head.headers["x-forwarded-for"])
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
        let now = NIODeadline.now().uptimeNanoseconds
        switch service.bodies.take(buffer.readableBytes, for: hold ?? beginHold(context, now), now: now) {
        case .taken: append(buffer)
        case .addressIsFull:
            service.refusals.count("bodies over the quota of one address")
            refuseAtOnce(service.overQuota, context)
        case .full:
            service.refusals.count("bodies without room")
            refuseAtOnce(service.full(Self.noRoom), context)
        }
    }

    /// Copies a piece to the body. Once a good part of what was announced has come, room for all of it is set aside, which
    /// costs nothing until it is used: growing by doubling would hold a large body twice.
    private func append(_ buffer: ByteBuffer) {
        let count = body.count + buffer.readableBytes
        if count > body.capacity, let declared, count <= declared, declared / Self.announcedShare <= count {
            body.reserveCapacity(declared)
        }
        buffer.withUnsafeReadableBytes { body.append(contentsOf: $0) }
    }

    private func beginHold(_ context: ChannelHandlerContext, _ now: UInt64) -> BodyBudget.Hold {
        // A body that is still coming began to count as quiet when its header was read.
        entry?.setQuiet(since: now)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let hold = BodyBudget.Hold(client: client) { [eventLoop = context.eventLoop] in
            eventLoop.execute {
                let (handler, context) = bound.value
                guard handler.phase == .reading else { return }
                handler.service.refusals.count("bodies that gave way to others")
                handler.refuseAtOnce(handler.service.full(Self.noRoom), context)
            }
        }
        service.bodies.begin(hold, now: now)
        self.hold = hold
        return hold
    }

    private func tooLarge(_ request: RequestService.Accepted) -> Reply {
        service.refusals.count("bodies over the limit of their route")
        return .problem(
            status: 413, title: Problems.title(413),
            detail: "a body here may have \(request.route.bodyLimitBytes) bytes")
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let request = accepted else { return }
        if let hold, !service.bodies.complete(hold) { return refuseAtOnce(service.full(Self.noRoom), context) }
        deadline = nil
        guard service.admission.enter() else {
            service.refusals.count("too many requests in work")
            dropRequest()
            return write(service.full("too many requests in flight"), context)
        }
        phase = .answering
        entry?.setQuiet(since: nil)
        let (content, held) = (body, hold)
        (accepted, body, hold) = (nil, [], nil)
        let writer = ReplyWriter(self, context)
        task = Task(executorPreference: executor) { [service] in
            let reply = await service.answer(request, body: content, hold: held)
            await writer.send(reply)
            service.admission.leave()
        }
    }

    private static let noRoom = "no room for more bodies"

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
        if let hold { service.bodies.end(hold) }
        (accepted, body, hold, refusal) = (nil, [], nil, nil)
    }

    /// Called before the end of an answer is written, because writing it may bring the next request.
    func finishExchange(_ context: ChannelHandlerContext) {
        (task, refusal, hasAnswered, awaitsClient) = (nil, nil, true, false)
        guard phase != .lingering else { return }
        phase = exchange.keepAlive ? .waiting : .lingering
        (hasHeadBegun, isHeadTimed) = (false, false)
        let now = NIODeadline.now()
        entry?.setQuiet(since: now.uptimeNanoseconds)
        let patience = exchange.keepAlive ? TimeAmount(service.limits.idleTimeout) : Self.lingerTime
        setDeadline(now + patience, context)
    }

    /// Ends the connection, and what runs for it.
    func close(_ context: ChannelHandlerContext) {
        guard phase != .closed else { return }
        phase = .closed
        dropRequest()
        if let entry { service.connections.remove(entry) }
        task?.cancel()
        timer?.scheduled.cancel()
        (task, timer, deadline, entry) = (nil, nil, nil, nil)
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
        switch phase {
        case .reading, .refusing:
            service.refusals.count("bodies that came too slowly")
            refuseAtOnce(.problem(status: 408, title: Problems.title(408), detail: "the body came too slowly"), context)
        case .waiting:
            if hasHeadBegun { service.refusals.count("headers that came too slowly") }
            if !hasHeadBegun, !hasAnswered { service.refusals.count("connections that said nothing") }
            close(context)
        case .answering: cut("answers that were not taken")
        case .lingering, .closed: close(context)
        }
    }
}
