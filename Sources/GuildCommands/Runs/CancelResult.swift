import GuildControl
import GuildDomain
import GuildLedger

/// What became of the runs that a person cancelled.
struct CancelResult: ListResult {
    struct Row: Encodable, Sendable {
        let id: String
        let agent: String
        let state: String
        /// `cancelled` at once, `requested` of its worker, or `ended` before.
        let outcome: String

        init(_ run: Invocation, _ cancellation: Cancellation) {
            id = run.id.description
            agent = run.agent
            state = run.state.rawValue
            outcome =
                switch cancellation {
                case .ended: "cancelled"
                case .requested: "requested"
                case .hadEnded: "ended"
                }
        }
    }

    let rows: [Row]
    /// Those that are not in `rows`, because the ledger cannot read them.
    let failures: [any GuildError]

    /// Cancels each, whatever becomes of the others.
    static func cancel(
        _ ids: [InvocationID], reason: String?, actor: String, now: Timestamp, in invocations: InvocationLedger
    ) async throws -> CancelResult {
        var rows: [Row] = []
        var failures: [any GuildError] = []
        for id in ids {
            do {
                let cancellation = try await invocations.cancel(id, reason: reason, actor: actor, now: now)
                guard let cancellation, let run = try await invocations.find(id) else {
                    throw WrittenID.unknown(id.description, of: [.invocation])
                }
                rows.append(Row(run, cancellation))
            } catch let fault as RowFault {
                failures.append(fault)
            } catch let failure as Failure where failure.kind == .usage {
                failures.append(failure)
            }
        }
        return CancelResult(rows: rows, failures: failures)
    }

    var emptyText: String { "there is no run to cancel: all have ended" }

    var columns: [Column<Row>] {
        [
            .text("ID", \.id), .text("AGENT", \.agent), .text("STATE", \.state),
            Column("OUTCOME") { row, cells in row.outcome(cells) },
        ]
    }
}

extension CancelResult.Row {
    fileprivate func outcome(_ cells: CellFormat) -> String {
        guard case .people = cells else { return outcome }
        return switch outcome {
        case "cancelled": "cancelled at once"
        case "requested": "ends at its next safe point"
        default: "had ended already"
        }
    }
}
