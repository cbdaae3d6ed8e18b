import GuildCodex
import GuildDomain
import Synchronization

/// The commit that is being read now, for status reports and for cancellation by a newer one.
final class HeadLoading: Sendable {
    struct Reading: Sendable {
        /// Nil for the settings' revision, whichever commit that is.
        let commit: CommitID?
        let since: Timestamp
        let deadline: LoadDeadline
    }

    private let state = Mutex<Reading?>(nil)

    /// A shorter reading is not worth reporting.
    static let worthTelling = Duration.seconds(1)

    var current: Reading? { state.withLock { $0 } }

    func begin(_ commit: CommitID?, now: Timestamp, limit: Duration) -> LoadDeadline {
        let deadline = LoadDeadline(limit)
        state.withLock { $0 = Reading(commit: commit, since: now, deadline: deadline) }
        return deadline
    }

    func end() { state.withLock { $0 = nil } }

    /// Stops reading a commit that is not the newest any more.
    func supersede(by newest: CommitID) {
        guard let reading = current, let commit = reading.commit, commit != newest else { return }
        reading.deadline.cancel()
    }

    /// Stops the current reading.
    func cancel() { current?.deadline.cancel() }

    /// Its entry in `/readyz`; nil if no reading takes long.
    func json(now: Timestamp) -> JSONValue? {
        guard let reading = current, now - reading.since >= Self.worthTelling else { return nil }
        var members: [(String, JSONValue)] = []
        if let commit = reading.commit { members.append(("commit", .string(commit.hex))) }
        members += [
            ("since", .string(reading.since.rfc3339)),
            ("seconds", .integer((now - reading.since).components.seconds)),
        ]
        return .object(JSONObject(members))
    }
}
