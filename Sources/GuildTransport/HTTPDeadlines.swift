/// What one exchange waits for next, and until when. The loop tells it what happened; it has no clock of its own.
///
///     connecting ──connected──▶ sending ──all sent──▶ awaiting the head ──first line──▶ receiving
///
/// curl itself bounds the connecting, because it shares that time out among the addresses of a host.
struct HTTPDeadlines {
    typealias Instant = ContinuousClock.Instant

    enum Stage { case connecting, sending, awaitingHead, receiving }

    private(set) var stage = Stage.connecting
    private let timeouts: HTTPTimeouts
    private let submittedAt: Instant
    private var lastProgress: Instant
    /// While our own consumer holds the exchange up, the peer cannot be idle.
    private var isPaused = false

    init(_ timeouts: HTTPTimeouts, submittedAt: Instant) {
        self.timeouts = timeouts
        self.submittedAt = submittedAt
        lastProgress = submittedAt
    }

    /// The connection is established, and the request begins to leave.
    mutating func connected(at now: Instant, bodyBytes: Int) {
        stage = bodyBytes == 0 ? .awaitingHead : .sending
        lastProgress = now
    }

    mutating func sent(_ sentBytes: Int, of bodyBytes: Int, at now: Instant) {
        guard stage == .sending else { return }
        lastProgress = now
        if sentBytes >= bodyBytes { stage = .awaitingHead }
    }

    mutating func received(at now: Instant) {
        stage = .receiving
        lastProgress = now
    }

    mutating func paused() { isPaused = true }

    mutating func resumed(at now: Instant) {
        isPaused = false
        lastProgress = now
    }

    /// The earliest deadline and the phase whose timeout it is (`HTTPFailure.timeout`); nil if nothing bounds the wait.
    var next: (at: Instant, phase: String)? {
        let progress: (at: Instant, phase: String)? =
            switch stage {
            case .connecting: nil
            case .awaitingHead: (lastProgress + timeouts.firstByte, "first byte")
            case .sending: (lastProgress + timeouts.idle, "idle")
            case .receiving: isPaused ? nil : (lastProgress + timeouts.idle, "idle")
            }
        guard let total = timeouts.total.map({ (at: submittedAt + $0, phase: "total") }) else { return progress }
        guard let progress else { return total }
        return progress.at < total.at ? progress : total
    }
}
