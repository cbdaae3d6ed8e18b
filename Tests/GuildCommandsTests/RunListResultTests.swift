import Foundation
import GuildDomain
import GuildLedger
import Testing

@testable import GuildCommands

@Suite struct RunListResultTests {
    private static let created = Timestamp(seconds: 1_790_000_000)

    private static func run(_ state: InvocationState, waits reason: WaitReason? = nil) -> Invocation {
        var run = Invocation(
            id: InvocationID(high: 0, low: 1), agent: "ranger", commit: "c0ffee", event: EventID(high: 0, low: 2),
            root: EventID(high: 0, low: 3), createdAt: created)
        run.state = state
        run.waitReason = reason
        return run
    }

    private static func list(_ rows: [RunListResult.Row]) -> RunListResult {
        RunListResult(
            rows: rows, choice: RunListResult.Choice(RunFilter(), all: false, hasStates: false),
            now: created + .seconds(90))
    }

    @Test func `a run is shown with its state, its age and what it waits for`() {
        let row = RunListResult.Row(Self.run(.waiting, waits: .approval), waitsFor: "a person")
        let list = Self.list([row])
        let cells = ["00000000000000000000000001", "ranger", "waiting (approval)"]
        let root = "00000000000000000000000003"
        #expect(list.table(.machine).rows == [cells + ["90", "", "", root, "a person"]])
        #expect(list.table(.people(.gmt)).rows == [cells + ["1m30s", "-", "-", root, "a person"]])
    }

    @Test func `a run that was cancelled and has still to end says so`() throws {
        var run = Self.run(.active)
        run.cancelRequested = true
        let row = RunListResult.Row(run, waitsFor: nil)
        #expect(row.waitsFor == "its next safe point, to end: it was cancelled")
        let document = try DocumentEncoder.encode(Self.list([row]).document)
        #expect(document.array?.first?["cancel_requested"] == true)
        #expect(document.array?.first?["state"] == "active")
        run.state = .cancelled
        #expect(!RunListResult.Row(run, waitsFor: nil).cancelRequested)
    }

    @Test func `an empty list says what it would have shown`() {
        #expect(Self.list([]).emptyText.contains("-a lists those that have ended"))
        let narrow = RunListResult.Choice(RunFilter(agent: "ranger"), all: false, hasStates: false)
        #expect(RunListResult(rows: [], choice: narrow, now: Self.created).emptyText == "no run matches")
    }

    @Test func `states are chosen by name, or all that have not ended, or all`() {
        #expect(RunStateChoice.states([], all: false) == [.queued, .awakening, .active, .waiting, .cooling])
        #expect(RunStateChoice.states([], all: true) == InvocationState.allCases)
        #expect(RunStateChoice.states([.running], all: false) == [.awakening, .active, .cooling])
        #expect(RunStateChoice.states([.failed, .waiting], all: true) == [.waiting, .failed])
        #expect(RunStateChoice.states([.ended], all: false) == [.succeeded, .failed, .cancelled, .expired])
    }
}
