import Foundation
import GuildCitadel
import GuildDomain
import GuildLedger

/// Invocations that failed for good.
struct DeadLettersResult: TabularResult {
    let letters: [DeadLetter]
    /// Whose alone they are.
    var agent: String?

    var emptyText: String { agent.map { "no dead letters of \($0)" } ?? "no dead letters" }

    var json: JSONValue {
        .array(
            letters.map { letter in
                var object = letter.invocation.json.object ?? JSONObject()
                object["event_type"] = .string(letter.eventType)
                object["subject"] = .optional(letter.subject)
                object["failures"] = .integer(letter.invocation.failures)
                object["answered_turns"] = .integer(letter.answeredTurns)
                return .object(object)
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["ID", "AGENT", "EVENT", "SUBJECT", "FAILED", "TRIES", "WHY"],
            letters.map { letter in
                [
                    letter.invocation.id.description, letter.invocation.agent, letter.eventType,
                    cells.text(letter.subject), cells.time(letter.invocation.endedAt),
                    String(letter.invocation.attempt), Shown.short(letter.invocation.outcome ?? ""),
                ]
            }, rightAligned: [5])
    }

    /// Does the same with each, shows what came of it, and only then fails for those that it could not be done with.
    static func each(
        _ ids: [String], all: Bool, agent: String?, _ settings: Settings, _ renderer: Renderer,
        _ step: (Ledger, String) async throws -> Invocation
    ) async throws {
        let inspection = try Inspection(settings, for: .writing)
        defer { inspection.close() }
        let ledger = try inspection.requiredLedger()
        var ids = ids
        if all {
            let letters = try await ledger.deadLetters(
                agent: agent?.lowercased(), limit: DeadLettersListCommand.maximumCount)
            ids = letters.map(\.invocation.id.description)
        }
        var (done, failures): ([Invocation], [DeadLetterFailure]) = ([], [])
        for id in ids {
            do {
                done.append(try await step(ledger, id))
            } catch let failure as DeadLetterFailure {
                failures.append(failure)
            }
        }
        if !done.isEmpty || failures.isEmpty { try renderer.print(DeadLettersMoved(invocations: done, agent: agent)) }
        guard let first = failures.first else { return }
        throw Failure(
            first.kind, failures.map(\.message).joined(separator: "\n"),
            hint: failures.count == 1 ? first.hint : "`guild dispatch dead-letters list` shows those there are")
    }
}

/// Dead letters that were sent again or put away.
struct DeadLettersMoved: TabularResult {
    let invocations: [Invocation]
    /// Whose alone they are.
    var agent: String?

    var emptyText: String { agent.map { "no dead letters of \($0)" } ?? "no dead letters" }
    var json: JSONValue { .array(invocations.map(\.json)) }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["ID", "AGENT", "STATE"],
            invocations.map { [$0.id.description, $0.agent, $0.state == .queued ? "queued" : "dropped"] })
    }
}
