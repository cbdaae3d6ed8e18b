import GuildDomain
import Synchronization

/// The status line and the header fields of a final response.
struct HTTPHead: Sendable {
    var status = 0
    var headers = Headers()
}

/// State that the client's thread and the one caller of an exchange share: the thread fills it, the caller empties it.
final class HTTPChannel: Sendable {
    /// A streamed body waits here up to this size; then curl stops reading, and TCP holds the peer back.
    static let highWaterBytes = 256 << 10

    /// Whether the caller is woken when all is there, or with the head and then with each piece.
    enum Delivery: Sendable { case whole, streamed }

    private typealias HeadWaiter = CheckedContinuation<Result<HTTPHead, HTTPFailure>, Never>
    private typealias PieceWaiter = CheckedContinuation<Result<[UInt8]?, HTTPFailure>, Never>

    private struct State {
        var head: HTTPHead?
        var buffer: [UInt8] = []
        var isPaused = false
        var outcome: Result<Void, HTTPFailure>?
        var headWaiter: HeadWaiter?
        var pieceWaiter: PieceWaiter?

        var isCancelled: Bool { if case .failure(.cancelled) = outcome { true } else { false } }
    }

    let delivery: Delivery
    /// For messages.
    let host: String
    private let exchange: HTTPExchangeID
    private let loop: CurlLoop
    private let state = Mutex(State())

    init(_ exchange: HTTPExchangeID, host: String, delivery: Delivery, loop: CurlLoop) {
        self.exchange = exchange
        self.host = host
        self.delivery = delivery
        self.loop = loop
    }

    // MARK: The caller's side

    /// The head, as soon as the delivery permits. A stream delivers it even if the body has already failed, because the
    /// pieces report that. A cancelled task ends the exchange.
    func head() async -> Result<HTTPHead, HTTPFailure> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: Result<HTTPHead, HTTPFailure>? = state.withLock { state in
                    if let head = state.head, delivery == .streamed, !state.isCancelled { return .success(head) }
                    if case .failure(let failure) = state.outcome { return .failure(failure) }
                    if let head = state.head, state.outcome != nil { return .success(head) }
                    state.headWaiter = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// All that has arrived since the last call, at least a byte, or nil at the end of the body.
    func piece() async -> Result<[UInt8]?, HTTPFailure> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, resumes) = state.withLock { Self.take(&$0, orWaitWith: continuation) }
                if resumes { loop.post(.resume(exchange)) }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Ends the exchange and drops the rest of it. A complete response that has arrived stays.
    func cancel() {
        let isRunning = state.withLock { state in
            if state.outcome != nil, delivery == .streamed, !state.buffer.isEmpty {
                // Its reader must not mistake the dropped rest for the end of the body.
                state.buffer = []
                state.outcome = .failure(.cancelled)
            }
            return state.outcome == nil
        }
        guard isRunning else { return }
        finish(.failure(.cancelled))
        loop.post(.cancel(exchange))
    }

    /// For a whole delivery, after `head()`.
    func takeBody() -> [UInt8] {
        state.withLock { state in
            defer { state.buffer = [] }
            return state.buffer
        }
    }

    /// How much waits for the caller, and whether the peer is held back for it.
    var backlog: (bytes: Int, isPaused: Bool) { state.withLock { ($0.buffer.count, $0.isPaused) } }

    private static func take(
        _ state: inout State, orWaitWith continuation: PieceWaiter
    ) -> (ready: Result<[UInt8]?, HTTPFailure>?, resumes: Bool) {
        if !state.buffer.isEmpty {
            let bytes = state.buffer
            state.buffer = []
            let resumes = state.isPaused
            state.isPaused = false
            return (.success(bytes), resumes)
        }
        switch state.outcome {
        case .success: return (.success(nil), false)
        case .failure(let failure): return (.failure(failure), false)
        case nil: break
        }
        guard state.pieceWaiter == nil else {
            return (.failure(.invalidRequest("two readers wait for the same body")), false)
        }
        state.pieceWaiter = continuation
        return (nil, false)
    }

    // MARK: The thread's side

    func deliver(_ head: HTTPHead) {
        let waiter = state.withLock { state -> HeadWaiter? in
            state.head = head
            guard delivery == .streamed, state.outcome == nil else { return nil }
            return state.headWaiter.take()
        }
        waiter?.resume(returning: .success(head))
    }

    /// - Returns: false if the caller is behind; then nothing was taken, and `CurlLoop.Command.resume` will follow.
    func deliver(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let waiter: PieceWaiter?
        switch state.withLock({ Self.store(bytes, in: &$0, isBounded: delivery == .streamed) }) {
        case .stored(let found): waiter = found
        case .full: return false
        }
        waiter?.resume(returning: .success(Array(bytes)))
        return true
    }

    /// The end, of whichever kind came first.
    func finish(_ outcome: Result<Void, HTTPFailure>) {
        let (head, headWaiter, pieceWaiter) = state.withLock { state in
            guard state.outcome == nil else { return (nil as HTTPHead?, nil as HeadWaiter?, nil as PieceWaiter?) }
            state.outcome = outcome
            if case .failure(.cancelled) = outcome { state.buffer = [] }
            return (state.head, state.headWaiter.take(), state.pieceWaiter.take())
        }
        pieceWaiter?.resume(returning: outcome.map { nil })
        guard let headWaiter else { return }
        let missing = HTTPFailure.truncated(host: host, reason: "there was no head")
        headWaiter.resume(returning: outcome.flatMap { head.map { .success($0) } ?? .failure(missing) })
    }

    private enum Stored { case stored(PieceWaiter?), full }

    private static func store(_ bytes: UnsafeRawBufferPointer, in state: inout State, isBounded: Bool) -> Stored {
        guard state.outcome == nil else { return .stored(nil) }
        if let waiter = state.pieceWaiter.take() { return .stored(waiter) }
        guard !isBounded || state.buffer.count < highWaterBytes else {
            state.isPaused = true
            return .full
        }
        state.buffer.append(contentsOf: bytes)
        return .stored(nil)
    }
}
