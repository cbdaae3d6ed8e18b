package import Logging
import Synchronization

/// Counts what was refused, and tells it in one line a minute, so that whoever is refused cannot fill the log.
///
///     quiet ─refused: told at once─▶ counting ─a minute later, something counted: told─▶ counting
///       ▲                                │
///       └────── nothing counted ─────────┘
package final class RefusalLog: Sendable {
    private struct State {
        var isCounting = false
        var counts: [String: Int] = [:]
        /// Kinds that were logged or counted since the log was quiet.
        var known: Set<String> = []
    }

    /// Of more kinds than this the rest is counted together.
    private static let kindLimit = 64
    private static let others = "others"
    private static let period = Duration.seconds(60)

    private let logger: Logger
    private let state = Mutex(State())

    /// A quiet log that writes to `logger`.
    package init(logger: Logger) { self.logger = logger }

    /// - Parameter kind: a few words without anything of the request in them: each is counted apart.
    /// - Returns: whether it is the first of its kind for a while, so that more may be said about it once.
    @discardableResult package func count(_ kind: String) -> Bool {
        let (isFirst, begins) = state.withLock { state -> (Bool, Bool) in
            let begins = !state.isCounting
            state.isCounting = true
            let isFirst = state.known.count < Self.kindLimit && state.known.insert(kind).inserted
            if begins { return (isFirst, true) }
            let name = state.known.contains(kind) ? kind : Self.others
            state.counts[name, default: 0] &+= 1
            return (isFirst, false)
        }
        if begins {
            tell([kind: 1])
            Task { await self.countOn() }
        }
        return isFirst
    }

    /// Logs the counts that have not been logged yet.
    package func flush() {
        let counts = state.withLock { state in
            defer { state.counts = [:] }
            return state.counts
        }
        if !counts.isEmpty { tell(counts) }
    }

    private func countOn() async {
        while true {
            // Nobody cancels it; if somebody did, the counts would be logged early.
            try? await Task.sleep(for: Self.period)
            let counts = state.withLock { state in
                defer { state.counts = [:] }
                state.isCounting = !state.counts.isEmpty
                if !state.isCounting { state.known = [] }
                return state.counts
            }
            guard !counts.isEmpty else { return }
            tell(counts)
        }
    }

    private func tell(_ counts: [String: Int]) {
        let list = counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        logger.warning("requests refused", metadata: ["refused": "\(list.joined(separator: "; "))"])
    }
}
