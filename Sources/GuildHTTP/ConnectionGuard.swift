import GuildDomain
import NIOCore
import NIOHTTP1

/// The limits of one connection, between the parser and Hummingbird, which reads the requests and writes the answers.
///
///     waiting ─head─▶ reading ─end─▶ answering ─the socket has the answer─▶ waiting | lingering ─▶ closed
///        │               └─ answered before its end ─▶ lingering ─▶ closed
///        └─ not HTTP ─▶ lingering
///
/// `RequestGate` holds back further requests until the socket has taken the answer. All of this runs on the connection's
/// event loop.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    enum Phase {
        case waiting, reading, answering
        /// The last answer is sent or being sent: further input is dropped, so that the client is not reset before it
        /// has read the answer.
        case lingering
        case closed
    }

    /// The facts about a request that its answer needs.
    private struct Exchange {
        var version = HTTPVersion.http1_1
        var isHead = false
        var keepAlive = false
    }

    /// An answer, or the part of it that has been written.
    private struct Answer {
        var bytes = 0
        /// Whether all of it was written, and the socket has not taken it yet.
        var isWhole = false
        /// Whether its bytes count as unsent.
        var isHeld = false
    }

    /// How long a client may continue sending after an answer that ends the connection.
    private static let lingerTime = TimeAmount.seconds(2)

    private let service: ListenerService
    /// Set when both are in the pipeline; the gate holds this handler.
    weak var gate: RequestGate?
    private(set) var phase = Phase.waiting
    private var exchange = Exchange()
    private var answer = Answer()
    private var context: ChannelHandlerContext?
    private var entry: ConnectionRegistry.Entry?
    /// Whether bytes of a header have come, and whether its deadline has begun.
    private var hasHeadBegun = false
    private var isHeadTimed = false
    private var hasAnswered = false
    /// The part of the next request that arrived while this one is answered: the gate passes at most a slice.
    private var ahead: [HTTPServerRequestPart] = []
    private var endIsAhead = false
    /// Whether the request's reader knows that no more of it comes.
    private var isFaulted = false
    /// Whether the socket has not yet taken the written bytes.
    private var awaitsClient = false
    /// How the connection is to be closed once the client has the answer.
    private var pendingClose: CloseMode?
    private var deadline: NIODeadline?
    private var timer: (at: NIODeadline, scheduled: Scheduled<Void>)?

    init(service: ListenerService) { self.service = service }

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
    var takesBytes: Bool { (phase == .waiting || phase == .reading) && !isFaulted }

    func bytesCame() { hasHeadBegun = true }

    /// Ends the connection of a misbehaving client.
    func cut(_ reason: String) {
        service.refusals.count(reason)
        if let context { end(context) }
    }

    // MARK: - The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where phase == .waiting: receive(head, context)
        case .body where phase == .reading && !isFaulted: context.fireChannelRead(data)
        case .end where phase == .reading && !isFaulted:
            phase = .answering
            deadline = nil
            entry?.setQuiet(since: nil)
            context.fireChannelRead(data)
        // The rest of a slice that began with the end of a body.
        case let part where phase == .answering: ahead.append(part)
        case .head, .body, .end: break
        }
    }

    private func takeAhead(_ context: ChannelHandlerContext) {
        let parts = ahead
        let isEnd = endIsAhead
        ahead = []
        endIsAhead = false
        guard !parts.isEmpty else { return }
        bytesCame()
        for part in parts { channelRead(context: context, data: wrapInboundOut(part)) }
        channelReadComplete(context: context)
        if isEnd { userInboundEventTriggered(context: context, event: ChannelEvent.inputClosed) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // A body that came with its head needs no deadline of its own.
        if phase == .reading, deadline == nil {
            setDeadline(.now() + TimeAmount(service.limits.bodyTimeout), context)
        } else if phase == .waiting, hasHeadBegun, !isHeadTimed {
            isHeadTimed = true
            setDeadline(.now() + TimeAmount(service.limits.headTimeout), context)
        }
        context.fireChannelReadComplete()
        // Nothing else reads input that is only dropped.
        if phase == .lingering { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            if phase == .answering, !ahead.isEmpty {
                endIsAhead = true
            } else if phase == .answering {
                exchange.keepAlive = false
            } else {
                end(context)
            }
        case RequestEvent.wantsBody:
            guard phase == .reading, !isFaulted else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        case RequestEvent.bodyGaveWay:
            if phase == .reading { fault(.gaveWay, context) }
        case is ChannelShouldQuiesceEvent:
            exchange.keepAlive = false
            context.fireUserInboundEventTriggered(event)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Half a request was there when the connection ended: there is nobody to answer.
        guard context.channel.isActive else { return end(context) }
        switch (error, phase) {
        case (let error as HTTPParserError, .waiting):
            let fault = RequestFault(error)
            service.refusals.count(fault.reason)
            refuse(service.reply(to: fault), context)
        case (let error as HTTPParserError, .reading) where !isFaulted: fault(RequestFault(error), context)
        // The bytes after the request are not another request; the request is answered all the same.
        case (is HTTPParserError, .answering), (is ByteToMessageDecoderError, .answering): exchange.keepAlive = false
        case (_, .lingering): break
        case (_, .reading) where isFaulted: break
        default: end(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard entry == nil, phase != .closed else { return }
        let peer = context.remoteAddress?.ipAddress.flatMap(InternetAddress.init)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let isTrusted = peer.map { service.callers.proxies.contains($0) } ?? false
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
        if phase == .answering, !awaitsClient { exchange.keepAlive = false } else { end(context) }
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        deadline = nil
        hasHeadBegun = false
        isHeadTimed = false
        // After an upgrade or a tunnel that we do not make, the parser reads no further request.
        let keepAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade") && head.method != .CONNECT
        exchange = Exchange(version: head.version, isHead: head.method == .HEAD, keepAlive: keepAlive)
        // RFC 9112, section 3.2.
        let hosts = head.headers["host"].count
        guard hosts == 1 || (hosts == 0 && head.version.minor < 1) else {
            return refuse(
                .problem(status: 400, detail: "a request names one host"), context)
        }
        phase = .reading
        // A body that is still coming counts as quiet from here on.
        entry?.setQuiet(since: NIODeadline.now().uptimeNanoseconds)
        context.fireChannelRead(wrapInboundOut(.head(RouteMap.routable(head))))
    }

    /// Reports to the request's reader that no more of it comes; the answer to that ends the connection.
    private func fault(_ fault: RequestFault, _ context: ChannelHandlerContext) {
        guard !isFaulted else { return end(context) }
        isFaulted = true
        service.refusals.count(fault.reason)
        setDeadline(.now() + Self.lingerTime, context)
        context.fireErrorCaught(fault)
    }

    // MARK: - The answer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.code < 200: context.write(data, promise: promise)
        case .head(let head):
            if phase == .reading { linger(context) }
            context.write(wrapOutboundOut(.head(framed(head))), promise: promise)
        case .body(let body):
            answer.bytes += body.readableBytes
            context.write(data, promise: promise)
        case .end:
            let taken = promise ?? context.eventLoop.makePromise()
            answer.isWhole = true
            taken.futureResult.assumeIsolated().whenComplete { [self] in answerLeft($0, context) }
            context.write(data, promise: taken)
        }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        guard phase != .closed else { return }
        if answer.isWhole, !answer.isHeld {
            guard service.admission.hold(unsent: answer.bytes) else { return cut("answers without room") }
            answer.isHeld = true
            awaitClient(context)
        } else if !answer.isWhole, !awaitsClient, !context.channel.isWritable {
            awaitClient(context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, awaitsClient, !answer.isWhole, phase == .answering {
            awaitsClient = false
            entry?.setQuiet(since: nil)
            setDeadline(nil, context)
        }
        context.fireChannelWritabilityChanged()
    }

    /// Puts off an end of the connection until the client has the answer.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard phase != .closed, mode != .input, answer.isWhole || phase == .lingering else {
            return context.close(mode: mode, promise: promise)
        }
        if answer.isWhole, pendingClose == nil { pendingClose = mode }
        promise?.succeed()
    }

    /// Part of an answer was written: the client has a while to take it, and counts as quiet until then.
    private func awaitClient(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        awaitsClient = true
        entry?.setQuiet(since: now.uptimeNanoseconds)
        // One that ends the connection has its own time.
        if phase != .lingering { setDeadline(now + TimeAmount(service.limits.answerTimeout), context) }
    }

    private func answerLeft(_ result: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        if answer.isHeld { service.admission.sent(answer.bytes) }
        answer = Answer()
        guard phase != .closed else { return }
        guard case .success = result else { return end(context) }
        hasAnswered = true
        awaitsClient = false
        if phase == .lingering || !exchange.keepAlive || pendingClose != nil {
            linger(context)
            return context.close(mode: .output, promise: nil)
        }
        phase = .waiting
        hasHeadBegun = false
        isHeadTimed = false
        let now = NIODeadline.now()
        entry?.setQuiet(since: now.uptimeNanoseconds)
        setDeadline(now + TimeAmount(service.limits.idleTimeout), context)
        takeAhead(context)
        gate?.nextRequest()
    }

    /// The answer's header fields about the connection, in the client's version of HTTP.
    private func framed(_ head: HTTPResponseHead) -> HTTPResponseHead {
        var head = head
        let isOld = exchange.version.minor < 1
        if isOld { head.version = .http1_0 }
        if !head.headers.contains(name: "content-length"), head.status.mayHaveResponseBody {
            // An older client cannot detect its end, nor that of an unsent body.
            if isOld || exchange.isHead { exchange.keepAlive = false }
            if exchange.isHead { head.version = .http1_0 }
        }
        if phase == .lingering { exchange.keepAlive = false }
        if !exchange.keepAlive {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        } else if isOld {
            head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
        }
        return head
    }

    /// Answers a request that Hummingbird does not get to see, and ends the connection.
    private func refuse(_ reply: Reply, _ context: ChannelHandlerContext) {
        linger(context)
        let content: [UInt8] = if case .bytes(let bytes) = reply.body { bytes } else { [] }
        let status = HTTPResponseStatus(statusCode: reply.status)
        var head = HTTPResponseHead(version: .http1_1, status: status)
        for field in reply.headers.fields { head.headers.add(name: field.name, value: field.value) }
        head.headers.add(name: "content-length", value: String(content.count))
        head.headers.add(name: "date", value: service.date.text)
        write(context: context, data: wrapOutboundOut(.head(head)), promise: nil)
        if !exchange.isHead {
            write(
                context: context, data: wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: content)))), promise: nil)
        }
        write(context: context, data: wrapOutboundOut(.end(nil)), promise: nil)
        flush(context: context)
    }

    // MARK: - The end of the connection

    private func linger(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        phase = .lingering
        entry?.setQuiet(since: now.uptimeNanoseconds)
        setDeadline(now + Self.lingerTime, context)
        context.read()
    }

    /// Ends the connection; Hummingbird then ends the tasks that serve it.
    private func end(_ context: ChannelHandlerContext) {
        guard phase != .closed else { return }
        phase = .closed
        if let entry { service.connections.remove(entry) }
        timer?.scheduled.cancel()
        timer = nil
        deadline = nil
        entry = nil
        context.close(promise: nil)
    }

    /// One timer a connection serves all deadlines; it is moved only to an earlier time.
    private func setDeadline(_ deadline: NIODeadline?, _ context: ChannelHandlerContext) {
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
        case .reading: fault(.tooSlow, context)
        case .waiting:
            if hasHeadBegun { service.refusals.count("headers that came too slowly") }
            if !hasHeadBegun, !hasAnswered { service.refusals.count("silent connections") }
            end(context)
        case .answering: cut("answers that clients did not read")
        case .lingering, .closed: end(context)
        }
    }
}
