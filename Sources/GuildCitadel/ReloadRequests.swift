import Synchronization

/// Wishes that the newest commit be looked at. Many become one: what counts is the ref as it is then.
final class ReloadRequests: Sendable {
    let wishes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let isForced = Mutex(false)
    private let fetches: AsyncStream<Void>.Continuation
    /// Wishes that the remote be asked at once.
    let fetchWishes: AsyncStream<Void>

    init() {
        (wishes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (fetchWishes, fetches) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter isForced: look at it even where it is the commit that was looked at last.
    func ask(isForced: Bool = false) {
        if isForced { self.isForced.withLock { $0 = true } }
        continuation.yield()
    }

    func askRemote() { fetches.yield() }

    /// Whether anybody forced it since the last call.
    func takeForced() -> Bool {
        isForced.withLock { forced in
            defer { forced = false }
            return forced
        }
    }
}
