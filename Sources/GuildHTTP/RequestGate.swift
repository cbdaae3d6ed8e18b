import Glibc
import NIOCore

/// Hands the parser the bytes of one request, and those of the next only when the socket has taken the answer.
///
///     socket ─▶ RequestGate ─one head─▶ parser ─▶ ConnectionGuard ─▶ Hummingbird
///                   ▲                                    │ answer sent
///                   └────────────────────────────────────┘
///
/// What a client sends ahead of its answers waits as bytes: parsed, each request would take twenty times the room.
/// Meanwhile nothing is read, so that the kernel makes the client wait. A body continues as it is asked for.
final class RequestGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// When a client half-closes, the system hands over everything it has, requested or not: more than this ends the
    /// connection.
    private static let aheadBytes = 64 << 10
    /// The same of a body, which is soon taken: more than the system holds.
    private static let bodyBytes = 8 << 20
    /// The parser gets no more at once, so that the clock is looked at in between.
    private static let sliceBytes = 4 << 10

    private let connection: ConnectionGuard
    private let turns: TurnQueue
    private var context: ChannelHandlerContext?
    private var held: ByteBuffer?
    private var isFeeding = false
    /// Whether Hummingbird has asked for more than it was given.
    private var wantsRead = false
    private var endIsHeld = false
    /// Whether more is fed at the connection's next slice.
    private var isPostponed = false

    init(_ connection: ConnectionGuard, turns: TurnQueue) {
        self.connection = connection
        self.turns = turns
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        held = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.takesBytes || connection.phase == .answering else { return }
        var bytes = unwrapInboundIn(data)
        if held == nil { held = bytes } else { held?.writeBuffer(&bytes) }
        feed(context)
        let limit = connection.phase == .reading ? Self.bodyBytes : Self.aheadBytes
        guard let bytes = held?.readableBytes, bytes > limit else { return }
        connection.cut("sent too far ahead of its answers")
        // Now, not when the channel has closed: many may do the same in one round of the loop.
        held = nil
    }

    func read(context: ChannelHandlerContext) {
        wantsRead = true
        if !isFeeding { proceed() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, held != nil {
            endIsHeld = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The connection is ready for its next request. A request that was sent ahead waits for a slice: otherwise, while
    /// requests are available and the socket takes answers at once, the event loop would not poll other sockets.
    func nextRequest() {
        if held != nil { postpone() } else { proceed() }
    }

    /// Continues with what is held or, when all of it has been taken, with what the socket has.
    func proceed() {
        guard let context, !isFeeding, !isPostponed else { return }
        if held != nil, connection.phase != .answering {
            feed(context)
            ask(context)
        }
        guard wantsRead, held == nil, connection.phase != .answering else { return }
        wantsRead = false
        context.read()
    }

    /// Does for the channel what it does after each read: the body's reader then says whether it has room for more.
    private func ask(_ context: ChannelHandlerContext) {
        let wasFeeding = isFeeding
        isFeeding = true
        defer { isFeeding = wasFeeding }
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.read()
    }

    private func feed(_ context: ChannelHandlerContext) {
        guard !isFeeding, !isPostponed else { return }
        isFeeding = true
        defer { isFeeding = false }
        var end: NIODeadline?
        while connection.takesBytes, var rest = held {
            let count = rest.withUnsafeReadableBytes {
                Self.countToBlankLine(.init(rebasing: $0.prefix(Self.sliceBytes)))
            }
            let next = rest.readSlice(length: count)
            held = rest.readableBytes > 0 ? rest : nil
            connection.bytesCame()
            if let next { context.fireChannelRead(wrapInboundOut(next)) }
            guard held != nil else { break }
            wantsRead = false
            ask(context)
            guard wantsRead else { break }
            let now = NIODeadline.now()
            if now > end ?? .distantFuture {
                postpone()
                break
            }
            if end == nil { end = now + TurnQueue.turn }
        }
        if !connection.takesBytes, connection.phase != .answering { held = nil }
        if endIsHeld, held == nil {
            endIsHeld = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }

    private func postpone() {
        guard !isPostponed else { return }
        isPostponed = true
        turns.wait { [self] in
            isPostponed = false
            proceed()
        }
    }

    /// The number of bytes up to the end of the first blank line, which ends a header; all bytes if there is none.
    ///
    /// So the parser finds at most one header in them, or two if a blank line was split over two reads.
    static func countToBlankLine(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        let feed = UInt8(ascii: "\n")
        let carriage = UInt8(ascii: "\r")
        var start = 0
        while start < bytes.count, let found = memchr(base + start, Int32(feed), bytes.count - start) {
            let next = UnsafeRawPointer(found) - base + 1
            if next < bytes.count, bytes[next] == feed { return next + 1 }
            if next + 1 < bytes.count, bytes[next] == carriage, bytes[next + 1] == feed { return next + 2 }
            start = next
        }
        return bytes.count
    }
}
