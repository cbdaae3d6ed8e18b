import GuildCodex
import GuildDomain
import GuildLedger

extension Dispatcher {
    /// Decides the held events whose time is up: an event that may be our own must not be answered.
    func blockOverdue(_ snapshot: CodexSnapshot) async throws -> Int {
        // A dispatcher for certain roots leaves events from outside to the others.
        guard roots == nil else { return 0 }
        let overdue = try await events.overdueHeld(limit: Self.batchLimit, now: time.now, tell: log)
        for message in overdue {
            let system = message.event.system
            let reason =
                "it was held for 24 h, because our own writes can cause \(message.event.type) and our identity "
                + "on \(system) was unknown: set connection.identity of its connector"
            let decision = Decision(rule: "", agent: "", outcome: .blocked, reasons: [reason])
            _ = try await dispatch.record(
                message, [decision], commit: snapshot.commit, head: fence(snapshot), now: time.now)
            log(.blocked, event: message.event.id, agent: "", rule: "", type: message.event.type)
        }
        return overdue.count
    }
}
