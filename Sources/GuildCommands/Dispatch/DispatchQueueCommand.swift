import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
package import GuildDomain
package import GuildLedger

struct DispatchQueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Shows waiting events, work that is held back, and unfinished runs.")

    private static let maximumCount = 10_000

    @Option(name: .letter("n"), help: ArgumentHelp("The maximum number of rows.", valueName: "count"))
    var count = 100

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...Self.maximumCount).contains(count) else {
            throw ValidationError("-n \(count) is not between 1 and \(Self.maximumCount)")
        }
    }

    private func heldEvents(in ledger: EventLedger) async throws -> [Event] {
        var events: [Event] = []
        for standing in try await ledger.heldStandings() {
            events += try await ledger.held(system: standing.system, limit: count)
        }
        return events
    }

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        guard let ledger = try context.ledger(orElse: .saidUnlessSeveral) else {
            return try output.renderer.print(QueueResult())
        }
        let now = context.now
        let held = try await ledger.dispatch.status(limit: count, now: now)
        // Without a readable codex the queue is still shown, only without the codex's limits.
        let snapshot = try? await context.acceptedSnapshot()
        let invocations = try await ledger.invocations.unfinished(limit: count)
        try output.renderer.print(
            QueueResult(
                inbound: try await ledger.dispatch.waitingEvents(limit: count, now: now),
                invocations: invocations,
                inboundDepth: try await ledger.reports.status().inboundDepth, windows: held.windows,
                pending: held.pending,
                rates: try await ledger.dispatch.rateStandings(
                    Array((snapshot?.rates.allCharges ?? []).prefix(count))
                        + ledger.dispatch.senderBuckets(limit: count, now: now).compactMap {
                            snapshot?.rates.charge(senderBucket: $0)
                        }
                        .filter { !$0.bucket.hasPrefix("sender/\(RateLimitPolicy.nonMembers)") }, now: now),
                reasons: QueueReasons(
                    snapshot, alerts: try await ledger.budgets.alertLevels(now: now), running: held.running, now: now),
                held: try await heldEvents(in: ledger.events),
                unreadable: try await ledger.dispatch.unreadableEvents(limit: count),
                actions: try await ledger.actions.left(limit: count),
                waits: try await RunWaits(invocations, in: ledger.actions, ledger.budgets), now: now))
    }
}

struct QueueResult: CommandResult {
    var inbound: [Event] = []
    var invocations: [Invocation] = []
    var inboundDepth: Int64 = 0
    var windows: [OpenWindow] = []
    /// Decisions that wait for a rate-limit slot.
    var pending: [PendingDecision] = []
    var rates: [RateStanding] = []
    /// Nil if nothing waits, because there is no ledger.
    var reasons: QueueReasons?
    /// Events that wait until our identity is known.
    var held: [Event] = []
    /// Events that wait for a guild that can read their payloads.
    var unreadable: [Event] = []
    /// Actions that are still to be done though their invocation has ended.
    var actions: [Action] = []
    var waits = RunWaits()
    var now = Timestamp(microseconds: 0)

    struct Document: Encodable {
        struct Run: Encodable {
            let invocation: Invocation
            let available: Timestamp?
            let waitsFor: String?

            private enum CodingKeys: String, CodingKey {
                case invocation = ""
                case available, waitsFor
            }
        }

        struct LeftAction: Encodable {
            let id: ActionID
            let operation: String
            let subject: String
            let state: String
            let invocation: InvocationID
            let created: Timestamp
            let available: Timestamp
            let error: String?
        }

        let inboundDepth: Int64
        let inbound: [JSONValue]
        let held: [JSONValue]
        let windows: [OpenWindow]
        let rateLimited: [PendingDecision]
        let invocations: [Run]
        let actions: [LeftAction]
        let rates: [JSONValue]
        let unreadable: [JSONValue]
    }

    var document: Document {
        Document(
            inboundDepth: inboundDepth, inbound: inbound.map(\.summaryJSON), held: held.map(\.summaryJSON),
            windows: windows, rateLimited: pending,
            invocations: invocations.map { invocation in
                Document.Run(
                    invocation: invocation, available: invocation.state == .queued ? invocation.availableAt : nil,
                    waitsFor: reason(of: invocation))
            },
            actions: actions.map { action in
                Document.LeftAction(
                    id: action.id, operation: action.operation, subject: action.subject,
                    state: action.state.rawValue, invocation: action.invocation, created: action.createdAt,
                    available: action.availableAt, error: action.error)
            }, rates: rates.map { $0.json(now) }, unreadable: unreadable.map(\.summaryJSON))
    }

    private func reason(of invocation: Invocation) -> String? {
        reasons?.reason(of: invocation) ?? waits.reason(of: invocation)
    }

    // MARK: Rows

    var emptyText: String { "nothing waits" }

    /// One thing that waits, of whatever kind.
    struct Row: Sendable {
        /// A cell for each column.
        let cells: @Sendable (CellFormat) -> [String]
    }

    var rows: [Row] {
        let events = inbound.map { event in Row { event.row($0, "inbound", waitsFor: "the dispatcher") } }
        let unknown = held.map { event in
            Row { event.row($0, "held", waitsFor: "our identity on \(event.system): guild status") }
        }
        let runs = invocations.map { invocation in
            let reason = reason(of: invocation) ?? ""
            return Row { [now] in invocation.row($0, now, waitsFor: reason) }
        }
        let unreadable = unreadable.map { event in
            Row { event.row($0, "unreadable", waitsFor: "a guild that can read its payload") }
        }
        return events + unknown + unreadable + windows.map { window in Row { window.row($0) } }
            + pending.map { decision in Row { decision.row($0) } } + runs
            + actions.map { action in Row { [now] in action.row($0, now) } }
    }

    var columns: [Column<Row>] {
        ["PRIORITY", "STATE", "ID", "WHAT", "ABOUT", "SINCE", "NOT BEFORE", "WAITS FOR"].enumerated()
            .map { index, heading in Column(heading) { row, cells in row.cells(cells)[index] } }
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let table = table(.local)
        var parts = table.rows.isEmpty ? (isQuiet ? [] : [emptyText]) : [table.text(style, showsHeadings: !isQuiet)]
        let drawn = rates.filter { !$0.isFull }
        if !drawn.isEmpty {
            let table = TextTable(
                ["RATE", "PER MINUTE", "BURST", "LEFT", "NEXT"], drawn.map { $0.row(.local, now) },
                rightAligned: [1, 2, 3])
            parts.append(table.text(style, showsHeadings: !isQuiet))
        }
        return parts.joined(separator: "\n\n")
    }
}

extension Event {
    fileprivate func row(_ cells: CellFormat, _ state: String, waitsFor reason: String) -> [String] {
        [
            priority.name, state, id.description, type, cells.text(subject), cells.time(time), "", reason,
        ]
    }
}

extension Invocation {
    fileprivate func row(_ cells: CellFormat, _ now: Timestamp, waitsFor reason: String) -> [String] {
        let wait = waitReason.map { " (\($0.rawValue))" } ?? ""
        let isDelayed = state == .queued && availableAt > now
        return [
            priority.name, state.rawValue + wait, id.description, agent, root.description, cells.time(createdAt),
            isDelayed ? cells.time(availableAt) : "", reason,
        ]
    }
}

extension RateStanding {
    fileprivate func json(_ now: Timestamp) -> JSONValue {
        [
            "bucket": .string(charge.bucket), "unit": .string(charge.unit.rawValue),
            "rate": .string(charge.text), "per_minute": charge.cost == 1 ? .integer(charge.rate.perMinute) : .null,
            "burst": .integer(charge.burst), "left": .integer(left), "next": .string((now + wait).rfc3339),
            "rejects": .bool(charge.rejects),
        ]
    }

    fileprivate func row(_ cells: CellFormat, _ now: Timestamp) -> [String] {
        [
            charge.bucket, charge.cost == 1 ? cells.count(charge.rate.perMinute) : charge.text,
            cells.count(charge.burst), cells.count(left),
            wait > .zero ? cells.time(now + wait) : "now",
        ]
    }
}

extension OpenWindow: JSONShape {
    package var json: JSONValue {
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
            cells.time(window.openedAt), cells.time(window.dueAt), "more events, until \(cells.time(window.maxAt))",
        ]
    }
}

extension Action {
    fileprivate func row(_ cells: CellFormat, _ now: Timestamp) -> [String] {
        [
            "", "action \(state.rawValue)", id.description, operation, cells.text(subject), cells.time(createdAt),
            availableAt > now ? cells.time(availableAt) : "", error ?? "guild serve --once action-executor",
        ]
    }
}

extension PendingDecision: JSONShape {
    package var json: JSONValue {
        [
            "agent": .string(agent), "rule": .string(rule), "event": .string(event.description),
            "invocation": .string(invocation.id.description), "priority": .string(invocation.priority.name),
            "due": .string(dueAt.rfc3339), "reason": .optional(reason),
        ]
    }

    fileprivate func row(_ cells: CellFormat) -> [String] {
        [
            invocation.priority.name, "rate-limited", invocation.id.description, agent, event.description, "",
            // The time is already shown beside it, in the table's zone.
            cells.time(dueAt), "its slot" + (reason?.components(separatedBy: "; ").first.map { ": \($0)" } ?? ""),
        ]
    }
}
