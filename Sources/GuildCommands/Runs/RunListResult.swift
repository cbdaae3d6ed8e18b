import GuildDomain
import GuildLedger

/// Runs with what they wait for.
struct RunListResult: ListResult {
    struct Row: Encodable, Sendable {
        let invocation: Invocation
        /// Whether somebody has cancelled it, and its worker has still to end it.
        let cancelRequested: Bool
        let waitsFor: String?

        init(_ invocation: Invocation, waitsFor reason: String?) {
            self.invocation = invocation
            cancelRequested = invocation.cancelRequested && !invocation.state.isFinal
            waitsFor = cancelRequested ? "its next safe point, to end: it was cancelled" : reason
        }

        private enum CodingKeys: String, CodingKey {
            case invocation = ""
            case cancelRequested, waitsFor
        }
    }

    /// What was asked for, for the text of an empty list.
    struct Choice: Sendable {
        /// Whether anything was asked for but the time and the count.
        let isNarrow: Bool
        let includesEnded: Bool

        init(_ filter: RunFilter, all: Bool, hasStates: Bool) {
            isNarrow = hasStates || filter.agent != nil || filter.since != nil
            includesEnded = all
        }
    }

    let rows: [Row]
    let choice: Choice
    let now: Timestamp

    var emptyText: String {
        if choice.isNarrow { return "no run matches" }
        return choice.includesEnded
            ? "there are no runs" : "no run is queued, running or waiting; -a lists those that have ended"
    }

    var columns: [Column<Row>] {
        [
            .text("ID", \.invocation.id.description), .text("AGENT", \.invocation.agent),
            .text("STATE", \.state), Column("AGE", isRightAligned: true) { [now] row, cells in row.age(now, cells) },
            .time("STARTED", \.invocation.startedAt), .time("ENDED", \.invocation.endedAt),
            .text("ROOT", \.invocation.root.description), .optional("WAITS FOR", \.waitsFor),
        ]
    }
}

extension RunListResult.Row {
    fileprivate var state: String {
        invocation.state.rawValue + (invocation.waitReason.map { " (\($0.rawValue))" } ?? "")
    }

    /// The time since it was created; for programs in seconds.
    fileprivate func age(_ now: Timestamp, _ cells: CellFormat) -> String {
        let seconds = max(0, (now - invocation.createdAt).components.seconds)
        return switch cells {
        case .people: Amount.duration(.seconds(seconds))
        case .machine: String(seconds)
        }
    }
}
