import GuildDomain
import Synchronization

/// The snapshot that the system runs on, and the older ones that running invocations name.
///
/// The accepted head is swapped whole; readers take a value and keep it. A commit that an invocation names is loaded
/// again if it is not the head, and a few are kept.
package final class CurrentCodex: Sendable {
    /// Older snapshots kept in memory.
    package static let olderSnapshots = 8

    private struct State {
        var head: CodexSnapshot
        var isFollowing = false
        var older: [CodexSnapshot] = []
    }

    private let state: Mutex<State>
    /// Commits that are being read: all callers that want one share the same read.
    private let loading = Mutex<[String: Task<CodexSnapshot, any Error>]>([:])
    private let load: @Sendable (String) throws -> CodexSnapshot

    /// - Parameter load: reads the snapshot of a commit from the repository.
    package init(_ head: CodexSnapshot, load: @escaping @Sendable (String) throws -> CodexSnapshot) {
        state = Mutex(State(head: head))
        self.load = load
    }

    /// The accepted head: limits, routes, triggers and prices come from it.
    package var head: CodexSnapshot { state.withLock { $0.head } }

    /// From now on the head is the one that the ledger says is accepted, whichever process accepted it.
    package func startFollowing() { state.withLock { $0.isFollowing = true } }

    /// The commit that fences a step; nil if this process was started with a fixed commit.
    package var fence: String? { state.withLock { $0.isFollowing ? $0.head.commit : nil } }

    /// Takes up a commit that another process has accepted.
    ///
    /// - Throws: if it cannot be read here, or not yet; the head is then the one before.
    package func follow(_ commit: String) async throws { accept(try await snapshot(commit: commit)) }

    /// Has a snapshot available that is about to become the head.
    package func stage(_ snapshot: CodexSnapshot) { state.withLock { Self.keep(snapshot, in: &$0) } }

    /// Makes this the head; the previous one stays available for work that still runs on it.
    package func accept(_ snapshot: CodexSnapshot) {
        state.withLock { state in
            if state.head.commit != snapshot.commit { Self.keep(state.head, in: &state) }
            state.older.removeAll { $0.commit == snapshot.commit }
            state.head = snapshot
        }
    }

    /// The snapshot of the commit that an invocation names: its prompts and tools.
    package func snapshot(commit: String) async throws -> CodexSnapshot {
        if let known = known(commit) { return known }
        let reading = loading.withLock { loading in
            if let task = loading[commit] { return task }
            let task = Task { [load] in try await onOwnThread { try load(commit) } }
            loading[commit] = task
            return task
        }
        defer { loading.withLock { $0[commit] = nil } }
        let loaded = try await reading.value
        if known(commit) == nil { state.withLock { Self.keep(loaded, in: &$0) } }
        return loaded
    }

    private func known(_ commit: String) -> CodexSnapshot? {
        state.withLock { state in
            state.head.commit == commit ? state.head : state.older.first { $0.commit == commit }
        }
    }

    private static func keep(_ snapshot: CodexSnapshot, in state: inout State) {
        state.older.removeAll { $0.commit == snapshot.commit }
        state.older.insert(snapshot, at: 0)
        if state.older.count > olderSnapshots { state.older.removeLast() }
    }
}
