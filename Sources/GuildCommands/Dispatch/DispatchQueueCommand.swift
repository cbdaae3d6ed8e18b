import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct DispatchQueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Shows what waits for the dispatcher, what it holds back, and what it has set going.")

    private static let maximumCount = 10_000

    @Option(name: .customShort("n"), help: ArgumentHelp("How many rows at most.", valueName: "count"))
    var count = 100

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...Self.maximumCount).contains(count) else {
            throw ValidationError("-n \(count) is not between 1 and \(Self.maximumCount)")
        }
    }

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let status = try await inspection.ledger?.status()
        let held = try await inspection.ledger?.dispatchStatus(limit: count, now: settings.time.now)
        try output.renderer.print(
            QueueResult(
                inbound: try await inspection.ledger?.inbound(limit: count, now: settings.time.now).map(\.event) ?? [],
                invocations: try await inspection.ledger?.unfinishedInvocations(limit: count) ?? [],
                inboundDepth: status?.inboundDepth ?? 0, windows: held?.windows ?? [], pending: held?.pending ?? []))
    }
}

struct QueueResult: TabularResult {
    let inbound: [Event]
    let invocations: [Invocation]
    let inboundDepth: Int64
    let windows: [OpenWindow]
    /// Decisions that wait for their turn at a rate.
    let pending: [PendingDecision]

    var emptyText: String { "nothing waits" }

    var json: JSONValue {
        [
            "inbound_depth": .integer(inboundDepth), "inbound": .array(inbound.map(\.summaryJSON)),
            "windows": .array(windows.map(\.json)), "rate_limited": .array(pending.map(\.json)),
            "invocations": .array(invocations.map(\.json)),
        ]
    }

    func table(_ cells: CellFormat) -> TextTable {
        let events = inbound.map { event in
            [
                event.priority.name, "inbound", event.id.description, event.type, cells.text(event.subject),
                cells.time(event.time), "",
            ]
        }
        let runs = invocations.map { invocation in
            let wait = invocation.waitReason.map { " (\($0.rawValue))" } ?? ""
            let isDelayed = invocation.state == .queued && invocation.availableAt > invocation.createdAt
            return [
                invocation.priority.name, invocation.state.rawValue + wait, invocation.id.description, invocation.agent,
                invocation.root.description, cells.time(invocation.createdAt),
                isDelayed ? cells.time(invocation.availableAt) : "",
            ]
        }
        return TextTable(
            ["PRIORITY", "STATE", "ID", "WHAT", "ABOUT", "SINCE", "NOT BEFORE"],
            events + windows.map { $0.row(cells) } + pending.map { $0.row(cells) } + runs)
    }
}

extension OpenWindow {
    var json: JSONValue {
        [
            "agent": .string(place.agent), "rule": .string(place.rule), "key": .string(place.key),
            "invocation": .string(window.invocation.description), "event": .string(event.description),
            "priority": .string(window.priority.name), "events": .integer(window.events),
            "opened": .string(window.openedAt.rfc3339), "due": .string(window.dueAt.rfc3339),
            "latest": .string(window.maxAt.rfc3339),
        ]
    }

    fileprivate func row(_ cells: CellFormat) -> [String] {
        [
            window.priority.name, "window (\(window.events))", window.invocation.description, place.agent, place.key,
            cells.time(window.openedAt), cells.time(window.dueAt),
        ]
    }
}

extension PendingDecision {
    var json: JSONValue {
        [
            "agent": .string(agent), "rule": .string(rule), "event": .string(event.description),
            "invocation": .string(invocation.id.description), "priority": .string(invocation.priority.name),
            "due": .string(dueAt.rfc3339),
        ]
    }

    fileprivate func row(_ cells: CellFormat) -> [String] {
        [
            invocation.priority.name, "rate-limited", invocation.id.description, agent, event.description, "",
            cells.time(dueAt),
        ]
    }
}
