package import GuildDomain
package import GuildLedger
package import GuildRuntime
import Synchronization

/// Collects what a run tells, from closures that may run anywhere.
package final class Story: Sendable {
    private let events = Mutex<[RunEvent]>([])

    package init() {}

    package var all: [RunEvent] { events.withLock { $0 } }

    package func tell(_ event: RunEvent) { events.withLock { $0.append(event) } }

    package var failure: Failure? {
        for case .ended(_, _, _, let failure) in all.reversed() { return failure }
        return nil
    }

    package var refusal: BudgetExceeded? {
        for case .outOfBudget(_, let refusal, _) in all.reversed() { return refusal }
        return nil
    }

    package var waits: [WaitReason] { all.compactMap { if case .waiting(_, let reason) = $0 { reason } else { nil } } }
    package var models: [String] { all.compactMap { if case .began(_, let model, _) = $0 { model } else { nil } } }
    package var retries: [Timestamp] { all.compactMap { if case .retrying(_, _, let at) = $0 { at } else { nil } } }
}
