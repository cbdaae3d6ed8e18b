import GuildDomain
import GuildEgress
import GuildLedger
import GuildOffice
import GuildTestSupport
import Logging
import Synchronization
import Testing

/// What the operator is told about actions.
@Suite(.timeLimit(.minutes(10))) struct FailedActionLogTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[(level: Logger.Level, message: String, metadata: Logger.Metadata)]>([])

        /// The lines about failed actions.
        var failures: [Logger.Metadata] {
            lines.withLock { lines in
                lines.filter { $0.level == .error && $0.message == "an action failed for good" }.map { $0.metadata }
            }
        }

        func add(_ event: LogEvent) {
            lines.withLock { $0.append((event.level, "\(event.message)", event.metadata ?? [:])) }
        }
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add(event) }
    }

    /// Does what the clerk asks of a hub, to its end.
    ///
    /// - Parameter isHosted: whether the executor works for one run only, which a person watches.
    private func outcome(of hub: RawServer, isHosted: Bool) async throws -> (
        action: Action, failures: [Logger.Metadata]
    ) {
        let vendor = try Vendor.serving(
            .calls([(name: "github.create_issue_comment", arguments: Hub.comment)], saying: "Because."), .text("Done."))
        let office = try Office(vendor: vendor, hub: hub, ["agents/clerk.yaml": OfficeCodex.agent(autonomy: 3)])
        let id = try await office.queue()
        _ = try await office.attempt(try await office.worker())
        let lines = Lines()
        let root = try await office.invocation(id).root
        let executor = ActionExecutor(
            ActionExecutor.Parts(
                actions: office.ledger.actions, events: office.ledger.events,
                invocations: office.ledger.invocations, codex: office.codex, connectors: office.connectors,
                worker: try await office.worker(), time: office.time,
                logger: Logger(label: "test") { _ in Recorder(lines: lines) }),
            root: isHosted ? root : nil)
        let running = Task { try await executor.run() }
        defer { running.cancel() }
        try await office.wait(.actions) { try await office.actions(id).allSatisfy(\.state.isFinal) }
        // The line follows the write that `wait` sees.
        running.cancel()
        _ = await running.result
        return (try #require(try await office.actions(id).first), lines.failures)
    }

    private static func refusingHub() throws -> RawServer {
        try Hub.serving { _ in Hub.json(422, ["message": "Validation Failed"]) }
    }

    @Test func `an action that its system refuses is one line with its run, its reason and the next command`()
        async throws
    {
        let (action, failures) = try await outcome(of: try Self.refusingHub(), isHosted: false)
        #expect(action.state == .failed)
        let line = try #require(failures.first)
        #expect(failures.count == 1)
        #expect(line["action"] == "\(action.id)")
        #expect(line["operation"] == "github.create_issue_comment")
        #expect(line["agent"] == "clerk")
        #expect(line["invocation"] == "\(action.invocation)")
        #expect(line["root"] == "\(action.root)")
        #expect(line["reason"] == "\(action.error ?? "")")
        #expect(line["hint"] == "guild audit show \(action.id)")
    }

    @Test func `an action of a run that a person watches is not logged`() async throws {
        let (action, failures) = try await outcome(of: try Self.refusingHub(), isHosted: true)
        #expect(action.state == .failed)
        #expect(failures.isEmpty)
    }

    @Test func `an action that was done is not told as failed`() async throws {
        let (action, failures) = try await outcome(of: try Hub.serving(), isHosted: false)
        #expect(action.state == .succeeded)
        #expect(failures.isEmpty)
    }
}
