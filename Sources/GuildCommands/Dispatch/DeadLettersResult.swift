import Foundation
import GuildCitadel
import GuildControl
import GuildDomain
import GuildLedger

/// Invocations that failed for good.
struct DeadLettersResult: ListResult {
    struct Row: Encodable, Sendable {
        let invocation: Invocation
        let eventType: String
        let subject: String?
        let failures: Int
        let answeredTurns: Int
        let erased: Bool

        private enum CodingKeys: String, CodingKey {
            case invocation = ""
            case eventType, subject, failures, answeredTurns, erased
        }
    }

    let rows: [Row]
    /// Whose alone they are.
    let agent: String?

    init(letters: [DeadLetter], agent: String? = nil) {
        rows = letters.map { letter in
            Row(
                invocation: letter.invocation, eventType: letter.eventType, subject: letter.subject,
                failures: letter.invocation.failures, answeredTurns: letter.answeredTurns, erased: letter.isErased)
        }
        self.agent = agent
    }

    var emptyText: String { agent.map { "no dead letters of \($0)" } ?? "no dead letters" }

    var columns: [Column<Row>] {
        [
            .text("ID", \.invocation.id.description), .text("AGENT", \.invocation.agent), .text("EVENT", \.eventType),
            .optional("SUBJECT", \.subject), .time("FAILED", \.invocation.endedAt),
            .number("TRIES", \.invocation.attempt),
            .text("WHY") { $0.erased ? Shown.erased : Shown.short($0.invocation.outcome ?? "") },
        ]
    }

    /// The invocation of an id, or of a unique prefix.
    ///
    /// - Throws: `DeadLetterFailure` if there is none or it has not ended.
    static func find(
        _ text: String, in invocations: InvocationLedger, _ reports: ReportLedger
    ) async throws -> Invocation {
        guard let id = try await WrittenID.find(text, of: [.invocation], in: reports).flatMap({ InvocationID($0) }),
            let found = try await invocations.find(id)
        else { throw DeadLetterFailure.unknown(text) }
        guard found.state == .failed || found.state == .expired else {
            throw DeadLetterFailure.notDead(id.description, state: found.state)
        }
        return found
    }

    /// Finds all of them before it does the same with each.
    static func each(
        _ ids: [String], all: Bool, agent: String?, _ settings: Settings, _ renderer: Renderer,
        _ step: (DispatchLedger, String) async throws -> Invocation
    ) async throws {
        let context = try CommandContext(settings, for: .writing)
        defer { context.close() }
        let ledger = try context.requiredLedger()
        var wanted: [String] = []
        var done: [Invocation] = []
        var failures: [any GuildError] = []
        if all {
            wanted = try await ledger.dispatch.deadLetters(
                agent: agent?.lowercased(), limit: DeadLettersListCommand.maximumCount
            ).map(\.invocation.id.description)
        }
        for id in ids {
            do {
                let found = try await find(id, in: ledger.invocations, ledger.reports).id.description
                // One that is named twice is meant once.
                if !wanted.contains(found) { wanted.append(found) }
            } catch let failure as any GuildError where failure.kind == .usage {
                failures.append(failure)
            }
        }
        if let failure = together(failures) { throw failure }
        for id in wanted {
            do {
                done.append(try await step(ledger.dispatch, id))
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
struct DeadLettersMoved: ListResult {
    let invocations: [Invocation]
    /// Whose alone they are.
    var agent: String?

    var emptyText: String { agent.map { "no dead letters of \($0)" } ?? "no dead letters" }
    var rows: [Invocation] { invocations }

    var columns: [Column<Invocation>] {
        [
            .text("ID", \.id.description), .text("AGENT", \.agent),
            .text("STATE") { $0.state == .queued ? "queued" : "dropped" },
        ]
    }
}
