import Synchronization

/// Tells of the damaged rows that lists leave out, each once for as long as a ledger is open.
package final class DamageReport: Sendable {
    /// Rows that are told of, and that wait for somebody to tell.
    static let limit = 1000

    private struct State {
        var known: Set<String> = []
        /// Those that came before `tell`.
        var untold: [RowFault] = []
        var tell: (@Sendable (RowFault) -> Void)?
    }

    private let state = Mutex(State())

    /// From now on `tell` is told of each row once, and of those at once that were met before.
    package func report(to tell: @escaping @Sendable (RowFault) -> Void) {
        let untold = state.withLock { state in
            state.tell = tell
            defer { state.untold = [] }
            return state.untold
        }
        for fault in untold { tell(fault) }
    }

    func add(_ faults: [RowFault]) {
        guard !faults.isEmpty else { return }
        let (new, tell) = state.withLock { state in
            let room = max(0, Self.limit - state.known.count)
            let new = faults.filter { !state.known.contains($0.message) }.prefix(room)
            state.known.formUnion(new.map(\.message))
            if state.tell == nil { state.untold += new }
            return (Array(new), state.tell)
        }
        for fault in new { tell?(fault) }
    }
}
