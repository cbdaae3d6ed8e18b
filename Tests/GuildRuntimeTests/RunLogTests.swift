import GuildConnectors
import GuildDomain
import GuildOffice
import Logging
import Synchronization
import Testing

@testable import GuildLedger
@testable import GuildRuntime

@Suite struct RunLogTests {
    private struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: Logger.Metadata
    }

    private final class Lines: Sendable {
        private let lines = Mutex<[Line]>([])
        var all: [Line] { lines.withLock { $0 } }
        func add(_ line: Line) { lines.withLock { $0.append(line) } }
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.add(Line(level: event.level, message: "\(event.message)", metadata: event.metadata ?? [:]))
        }
    }

    private static let event = Event.sample("a")
    private static let invocation = Invocation(
        id: InvocationID(derivedFrom: ["one"]), agent: "clerk", commit: "c", event: event.id, root: event.root,
        createdAt: start)

    private func lines(of events: RunEvent...) -> [Line] {
        let lines = Lines()
        let log = RunLog(
            logger: Logger(label: "test") { _ in Recorder(lines: lines) }, invocation: Self.invocation,
            redactor: Redactor())
        for event in events { log.note(event) }
        return lines.all
    }

    private func refusal(period: BudgetPeriod, relief: BudgetRelief) -> BudgetExceeded {
        BudgetExceeded(
            account: "agent/clerk", setting: "tokenBudget.day", limit: 10, used: 9, reserved: 0, needed: 300,
            isMoney: false, isPriceUnknown: false, period: period, relief: relief)
    }

    @Test func `only a run that failed is told as failed for good, with a next command`() throws {
        let id = Self.invocation.id
        let lines = lines(
            of: .ended(id, .succeeded, outcome: "done", failure: nil),
            .ended(id, .cancelled, outcome: "cancelled", failure: Failure(.interrupted, "cancelled")),
            .ended(id, .failed, outcome: "text", failure: Failure(.failed, "it broke", hint: "mend it")))
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line.level == .error && line.message == "a run failed for good")
        #expect(line.metadata["agent"] == "clerk")
        #expect(line.metadata["invocation"] == "\(id)")
        #expect(line.metadata["root"] == "\(Self.invocation.root)")
        #expect(line.metadata["reason"] == "it broke")
        #expect(line.metadata["hint"] == "mend it; then guild dispatch dead-letters retry \(id)")
    }

    @Test func `a long reason is cut`() throws {
        let reason = String(repeating: "x", count: 10_000)
        let lines = lines(of: .ended(Self.invocation.id, .failed, outcome: reason, failure: nil))
        let line = try #require(lines.first)
        #expect(line.metadata["reason"] == "\(String(repeating: "x", count: 500))")
    }

    @Test func `only the wait for a person is told of the waits without a refusal`() {
        let all = WaitReason.allCases.flatMap { lines(of: .waiting(Self.invocation.id, $0)) }
        #expect(all.map(\.message) == ["a run waits for a person"])
        #expect(all.map(\.level) == [.notice])
    }

    @Test(arguments: [
        (BudgetPeriod.perInvocation, BudgetRelief.grant, Logger.Level.warning, "a grant or a higher limit"),
        (BudgetPeriod.day, BudgetRelief.at(start), Logger.Level.notice, start.rfc3339),
        (BudgetPeriod.day, BudgetRelief.whenCallsSettle, Logger.Level.debug, "calls in progress settle"),
    ])
    func `a wait for budget says for which account and until when`(
        period: BudgetPeriod, relief: BudgetRelief, level: Logger.Level, until: String
    ) throws {
        let lines = lines(
            of: .outOfBudget(Self.invocation.id, refusal(period: period, relief: relief), partial: ""))
        let line = try #require(lines.first)
        #expect(line.level == level && line.message == "a run waits for budget")
        #expect(line.metadata["account"] == "agent/clerk")
        #expect(line.metadata["until"] == "\(until)")
    }
}
