import GuildDomain
import Testing

@Suite struct InvocationStateTests {
    /// The state machine once more, read from the design: who may follow whom.
    private static let allowed: [InvocationState: [InvocationState]] = [
        .queued: [.awakening, .cancelled, .expired],
        .awakening: [.queued, .active, .waiting, .failed, .cancelled, .expired],
        .active: [.queued, .waiting, .cooling, .failed, .cancelled, .expired],
        .waiting: [.queued, .failed, .cancelled, .expired],
        .cooling: [.queued, .succeeded, .failed, .cancelled, .expired],
        .succeeded: [], .cancelled: [],
        .failed: [.queued], .expired: [.queued],
    ]

    @Test(arguments: InvocationState.allCases, InvocationState.allCases)
    func `a state may become exactly what the design says`(from: InvocationState, to: InvocationState) {
        #expect(from.canBecome(to) == (Self.allowed[from]?.contains(to) ?? false))
    }

    @Test func `no final state is left but by a person who re-drives it`() {
        for state in InvocationState.allCases where state.isFinal {
            #expect(Set(state.transitions).isSubset(of: [.queued]))
        }
        #expect(InvocationState.succeeded.transitions.isEmpty)
        #expect(InvocationState.cancelled.transitions.isEmpty)
    }

    @Test func `every unfinished state can be cancelled and can expire`() {
        for state in InvocationState.allCases where !state.isFinal {
            #expect(state.canBecome(.cancelled))
            #expect(state.canBecome(.expired))
        }
    }

    @Test func `every state can be reached, and success only by cooling`() {
        var reached: Set<InvocationState> = [.queued]
        while true {
            let next = reached.union(reached.flatMap(\.transitions))
            if next == reached { break }
            reached = next
        }
        #expect(reached == Set(InvocationState.allCases))
        #expect(InvocationState.allCases.filter { $0.canBecome(.succeeded) } == [.cooling])
    }

    @Test func `a held state returns to the queue when its worker dies, and a waiting one holds nothing`() {
        #expect(InvocationState.allCases.filter(\.isHeld) == [.awakening, .active, .cooling])
        for state in InvocationState.allCases where state.isHeld { #expect(state.canBecome(.queued)) }
        #expect(!InvocationState.waiting.isHeld)
    }
}
