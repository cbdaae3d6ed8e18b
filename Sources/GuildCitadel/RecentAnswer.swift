import GuildDomain
import Synchronization

/// Keeps the last answer to a question that is asked often and costs more than it changes.
final class RecentAnswer<Key: Equatable & Sendable, Value: Sendable>: Sendable {
    private struct Answer {
        let key: Key
        let at: Timestamp
        let value: Value
    }

    private let last = Mutex<Answer?>(nil)
    private let span: Duration

    /// - Parameter span: how old an answer may be.
    init(for span: Duration) { self.span = span }

    /// - Parameter look: finds the answer; several may look at once.
    func value(of key: Key, now: Timestamp, _ look: () -> Value) -> Value {
        let known = last.withLock { $0 }
        // A clock that was set back makes every answer too old.
        if let known, known.key == key, known.at <= now, now < known.at + span { return known.value }
        let value = look()
        last.withLock { $0 = Answer(key: key, at: now, value: value) }
        return value
    }
}
