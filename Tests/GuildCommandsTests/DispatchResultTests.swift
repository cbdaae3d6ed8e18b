import GuildDomain
import Testing

@testable import GuildCitadel
@testable import GuildCommands

@Suite struct DispatchResultTests {
    private func run(_ state: InvocationState, _ reason: WaitReason? = nil) -> Invocation {
        let event = EventID(derivedFrom: ["e"])
        var run = Invocation(
            id: InvocationID(derivedFrom: [state.rawValue]), agent: "clerk", commit: "c0ffee", event: event,
            root: event,
            createdAt: Timestamp(seconds: 1_790_000_000))
        run.state = state
        run.waitReason = reason
        return run
    }

    @Test func `a run that ended otherwise than well is a failure, and only a signal to us is one`() {
        func status(_ runs: [Invocation], signal: Int32? = nil) -> Int32 {
            DispatchResult(events: [], invocations: runs, signal: signal).exitStatus
        }
        #expect(status([]) == 0)
        #expect(status([run(.succeeded)]) == 0)
        // Somebody stopped it, perhaps before this command began.
        for state in [InvocationState.cancelled, .failed, .expired] {
            #expect(status([run(.succeeded), run(state)]) == 1, "\(state)")
        }
        #expect(status([run(.waiting, .approval)]) == 5)
        #expect(status([run(.cancelled)], signal: 2) == 130)
        #expect(status([run(.cancelled)], signal: 15) == 143)
    }

    private func known(_ decisions: [DispatchedEvent.Line], isForgotten: Bool = false) throws -> String {
        let id = EventID(derivedFrom: ["e"])
        let event = Event(
            id: id, source: "/s", type: "t", subject: nil, time: Timestamp(seconds: 0), system: "s", payload: [])
        return DispatchResult(events: [
            DispatchedEvent(event: event, reception: .duplicate, decisions: decisions, isForgotten: isForgotten)
        ]).text(.plain, isQuiet: false)
    }

    @Test func `a known event says what became of it`() throws {
        var line = DispatchedEvent.Line(
            rule: "r", agent: "clerk", outcome: "dispatched", reasons: [], invocation: InvocationID(derivedFrom: ["i"]),
            until: nil, commit: "c0ffee")
        line.runState = .cancelled
        let ended = try known([line])
        #expect(ended.contains("(known already)"))
        #expect(ended.contains(", cancelled"))
        #expect(!ended.contains("guild serve"))
        line.runState = .queued
        #expect(try known([line]).contains("next: guild serve --once"))
        #expect(try known([]).contains("it is not decided yet"))
        #expect(try known([], isForgotten: true).contains("retention has deleted its record"))
    }
}
