import ArgumentParser
import GuildDomain
import GuildLedger

/// The states that `--state` takes: those of a run, and two words for several.
enum RunStateChoice: String, ExpressibleByArgument, CaseIterable {
    case queued, running, awakening, active, cooling, waiting, ended, succeeded, failed, cancelled, expired

    var states: [InvocationState] {
        switch self {
        case .running: InvocationState.allCases.filter(\.isHeld)
        case .ended: InvocationState.allCases.filter(\.isFinal)
        case .queued: [.queued]
        case .awakening: [.awakening]
        case .active: [.active]
        case .cooling: [.cooling]
        case .waiting: [.waiting]
        case .succeeded: [.succeeded]
        case .failed: [.failed]
        case .cancelled: [.cancelled]
        case .expired: [.expired]
        }
    }

    /// The states that a list shows.
    ///
    /// - Parameter all: whether it also shows runs that have ended, unless states are chosen.
    static func states(_ chosen: [RunStateChoice], all: Bool) -> [InvocationState] {
        let wanted = Set(chosen.flatMap(\.states))
        guard wanted.isEmpty else { return InvocationState.allCases.filter(wanted.contains) }
        return all ? InvocationState.allCases : RunFilter.openStates
    }
}
