import GuildLedger
import Synchronization

/// Wishes that the newest commit be looked at. Many become one: what counts is the ref as it is then.
final class ReloadRequests: Sendable {
    let wishes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let isForced = Mutex(false)
    /// Raised by who wishes that the remote be asked at once.
    let remote = Signal()

    init() {
        (wishes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter isForced: look at it even where it is the commit that was looked at last.
    func ask(isForced: Bool = false) {
        if isForced { self.isForced.withLock { $0 = true } }
        continuation.yield()
    }

    /// Whether anybody forced it since the last call.
    func takeForced() -> Bool {
        isForced.withLock { forced in
            defer { forced = false }
            return forced
        }
    }
}
