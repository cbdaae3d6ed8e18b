import GuildDomain
import Testing

@Suite struct ActionTests {
    private let start = Timestamp(seconds: 1_790_000_000)

    private var action: Action {
        Action(
            id: ActionID(derivedFrom: ["action"]), invocation: InvocationID(derivedFrom: ["run"]),
            root: EventID(derivedFrom: ["event"]), agent: "clerk", connector: "github",
            operation: "github.create_issue_comment", subject: "acme/shop#42", createdAt: start)
    }

    @Test func `a new action waits for a person, was never tried, and may be done at once`() {
        #expect(action.state == .awaiting)
        #expect(action.autonomy == .approve)
        #expect(action.attempt == 0)
        #expect(action.availableAt == start)
        #expect(action.idempotencyKey == action.id.description)
    }

    @Test(arguments: Action.State.allCases)
    func `a state that nothing follows is final`(state: Action.State) {
        #expect(state.isFinal == ![.awaiting, .queued, .running].contains(state))
    }

    @Test func `only what puts something new on a subject counts there`() {
        var action = action
        #expect(action.scope(of: .perInvocation) == .run(action.invocation))
        #expect(action.scope(of: .perHour) == .agent)
        #expect(action.scope(of: .perSubjectPerDay) == nil)
        action.countsOn = "acme/shop#42"
        #expect(action.scope(of: .perSubjectPerDay) == .subject("acme/shop#42"))
    }
}
