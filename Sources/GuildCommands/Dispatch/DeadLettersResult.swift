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

    /// The invocation of an id, or of a unique prefix.
    ///
    /// - Throws: `DeadLetterFailure` if there is none or it has not ended.
    static func find(_ text: String, in ledger: Ledger) async throws -> Invocation {
        guard let id = try await WrittenID.find(text, of: [.invocation], in: ledger).flatMap({ InvocationID($0) }),
            let found = try await ledger.invocation(id)
        else { throw DeadLetterFailure.unknown(text) }
        guard found.state == .failed || found.state == .expired else {
            throw DeadLetterFailure.notDead(id.description, state: found.state)
        }
        return found
    }

    /// Finds all of them before it does the same with each.
    static func each(
        _ ids: [String], all: Bool, agent: String?, _ settings: Settings, _ renderer: Renderer,
        _ step: (Ledger, String) async throws -> Invocation
    ) async throws {
        let inspection = try Inspection(settings, for: .writing)
        defer { inspection.close() }
        let ledger = try inspection.requiredLedger()
        var wanted: [String] = []
        var (done, failures): ([Invocation], [any GuildError]) = ([], [])
        if all {
            wanted = try await ledger.deadLetters(
                agent: agent?.lowercased(), limit: DeadLettersListCommand.maximumCount
            ).map(\.invocation.id.description)
        }
        for id in ids {
            do {
                let found = try await find(id, in: ledger).id.description
                // One that is named twice is meant once.
                if !wanted.contains(found) { wanted.append(found) }
            } catch let failure as any GuildError where failure.kind == .usage {
                failures.append(failure)
            }
        }
        if let failure = together(failures) { throw failure }
        for id in wanted {
            do {
                done.append(try await step(ledger, id))
            } catch let failure as DeadLetterFailure {
                failures.append(failure)
            }
        }
        if !done.isEmpty || failures.isEmpty { try renderer.print(DeadLettersMoved(invocations: done, agent: agent)) }
        if let failure = together(failures) { throw failure }
    }

    private static func together(_ failures: [any GuildError]) -> Failure? {
        Failure.together(failures).map { failure in
            let list = "`guild dispatch dead-letters list` shows them"
            return failures.count == 1 ? failure : Failure(failure.kind, failure.message, hint: list)
        }
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
