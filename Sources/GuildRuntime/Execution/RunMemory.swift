import GuildDomain
import Synchronization

/// What this process has prepared for runs that wait for an action, so that the attempt that follows does not read the
/// event and render the prompt again.
///
/// Nothing here is state: all of it follows from commits, the event and the invocation's terms, which never change. It
/// serves only the very next attempt, after the same number of failures and under the same accepted head; after any
/// other claim, here or in another process, it is dropped.
final class RunMemory: Sendable {
    static let entryLimit = 256
    /// Of all payloads together; parsed and rendered, an event takes several times its size.
    static let payloadLimitBytes = 4 << 20

    private struct Entry {
        let setting: InvocationRun.Setting
        let attempt: Int
        let failures: Int
        let payloadBytes: Int
    }

    private struct State {
        var entries: [InvocationID: Entry] = [:]
        /// The oldest first.
        var order: [InvocationID] = []
        var payloadBytes = 0
    }

    private let state = Mutex(State())

    /// Keeps what an attempt was prepared with; of too many the oldest is dropped. What a recording answers is not kept:
    /// each attempt reads it from its beginning.
    func keep(_ setting: InvocationRun.Setting, of invocation: Invocation) {
        let builder = setting.builder
        let bytes = builder.merged.events.reduce(builder.event.payload.count) { $0 + $1.event.payload.count }
        guard bytes <= Self.payloadLimitBytes, !(setting.provider is any KeyedProvider) else { return }
        let entry = Entry(
            setting: setting, attempt: invocation.attempt, failures: invocation.failures, payloadBytes: bytes)
        state.withLock { state in
            _ = Self.remove(invocation.id, from: &state)
            state.entries[invocation.id] = entry
            state.order.append(invocation.id)
            state.payloadBytes += bytes
            while state.order.count > Self.entryLimit || state.payloadBytes > Self.payloadLimitBytes {
                _ = Self.remove(state.order[0], from: &state)
            }
        }
    }

    /// What the attempt before this one was prepared with, if that still holds; it is then no longer kept.
    ///
    /// - Parameter head: the commit that is accepted now.
    func take(for invocation: Invocation, head: String) -> InvocationRun.Setting? {
        guard let entry = state.withLock({ Self.remove(invocation.id, from: &$0) }),
            entry.attempt + 1 == invocation.attempt, entry.failures == invocation.failures, entry.setting.head == head
        else { return nil }
        return entry.setting
    }

    private static func remove(_ id: InvocationID, from state: inout State) -> Entry? {
        guard let entry = state.entries.removeValue(forKey: id) else { return nil }
        state.order.removeAll { $0 == id }
        state.payloadBytes -= entry.payloadBytes
        return entry
    }
}
