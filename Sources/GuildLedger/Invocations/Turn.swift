import Foundation
package import GuildDomain

/// A turn as stored in the journal.
package struct JournalledTurn: Sendable, Hashable {
    /// The number of the turn in its run.
    package let n: Int
    /// The attempt at the invocation that made it.
    package let attempt: Int
    package let provider: String
    package let model: String
    /// `end_turn`, `tool_use`, …; nil if the answer was lost.
    package let stop: String?
    /// `authored` or `recorded` for a replayed answer.
    package let origin: String?
    /// The model's answer, as the runtime wrote it.
    package let delta: JSONValue
    package let usage: TokenUsage
    package let costMicrodollars: Int64
    package let begunAt: Timestamp
    package let endedAt: Timestamp?
    /// Whether the model's answer is in the journal.
    package let isAnswered: Bool
    /// The bytes that an alert left out of its request.
    package var trimmedBytes = 0
    /// Why `delta` is null although there is an answer, for people; nil if it can be read.
    package var damage: String?
    /// The model's tool calls, in their order.
    package var calls: [ToolCall]
}

/// One tool call of the model in a turn.
package struct ToolCall: Sendable, Hashable {
    /// Its place among the calls of the turn.
    package var position: Int
    /// The provider's id of the call.
    package var callID: String
    package var name: String
    package var arguments: JSONValue
    /// Nil while it is pending.
    package var result: String?
    /// Whether the result is a failure.
    package var isError: Bool
    /// The action that performs it, for a write.
    package var action: ActionRequest?
    /// The id of that action; nil for a read.
    package var actionID: ActionID?
    /// The subject of a write that the manifest or a policy refused; the journal does not store it.
    package var blockedSubject: String?

    package init(
        position: Int, callID: String, name: String, arguments: JSONValue, result: String? = nil, isError: Bool = false,
        action: ActionRequest? = nil, actionID: ActionID? = nil
    ) {
        self.position = position
        self.callID = callID
        self.name = name
        self.arguments = arguments
        self.result = result
        self.isError = isError
        self.action = action
        self.actionID = actionID
    }
}

/// A side effect that an agent asks for.
package struct ActionRequest: Sendable, Hashable {
    package var id: ActionID
    package var connector: String
    package var operation: String
    /// Actions on one subject run in order.
    package var subject: String
    package var arguments: JSONValue
    package var reason: String
    package var autonomy: Autonomy
    /// The caps on the agent's actions.
    package var caps = ActionCaps.standard
    /// The issue or thread that it adds new content to; nil for an action that only changes existing things.
    package var countsOn: String?
    /// The rule of a SafetyPolicy that requires approval, whatever the autonomy.
    package var policy: String?

    package init(
        id: ActionID, connector: String, operation: String, subject: String, arguments: JSONValue, reason: String,
        autonomy: Autonomy
    ) {
        self.id = id
        self.connector = connector
        self.operation = operation
        self.subject = subject
        self.arguments = arguments
        self.reason = reason
        self.autonomy = autonomy
    }
}

/// A model's whole answer, ready for the journal.
package struct TurnAnswer: Sendable {
    package var delta: JSONValue
    package var stop: String
    package var origin: String?
    /// Nil if the provider reported none: settled at the bound, marked estimated.
    package var usage: TokenUsage?
    package var calls: [ToolCall]
    /// Whether `usage` is our own estimate.
    package var isEstimate: Bool
    /// Why the provider's figures were not taken.
    package var doubt: String?
    /// A note for people about the answer.
    package var warning: String?

    package init(
        delta: JSONValue, stop: String, origin: String?, usage: TokenUsage?, calls: [ToolCall],
        isEstimate: Bool = false,
        doubt: String? = nil, warning: String? = nil
    ) {
        self.delta = delta
        self.stop = stop
        self.origin = origin
        self.usage = usage
        self.calls = calls
        self.isEstimate = isEstimate
        self.doubt = doubt
        self.warning = warning
    }

    /// The amount at which its reservation is settled.
    package func settlement(
        of reservation: Reservation, _ plan: TurnPlan
    ) -> (usage: TokenUsage, cost: Int64, isEstimated: Bool) {
        guard let usage = usage?.bounded else { return (reservation.bound.bounded, reservation.cost, true) }
        return (usage, BudgetRule.cost(plan.prices, of: usage), isEstimate)
    }
}

/// How a call ended that brought no usable answer.
package struct LostAnswer: Sendable {
    package var reason: String
    /// Whether the provider may have billed usage that it did not report.
    package var mayHaveBilled: Bool
    /// The usage that the provider reported all the same.
    package var usage: TokenUsage?
    /// Whether `usage` is our own estimate.
    package var isEstimate: Bool
    /// Why the provider's figures were not taken.
    package var doubt: String?

    package init(
        reason: String, mayHaveBilled: Bool, usage: TokenUsage? = nil, isEstimate: Bool = false, doubt: String? = nil
    ) {
        self.reason = reason
        self.mayHaveBilled = mayHaveBilled
        self.usage = usage
        self.isEstimate = isEstimate
        self.doubt = doubt
    }
}

extension JournalledTurn {
    /// - Throws: `RowFault`, also if the answer is not what was written: a run continues from whole answers alone.
    init(row: LedgerRow) throws { try self.init(row: row, delta: Self.delta(row)) }

    /// For people: without an answer that cannot be read.
    init(shown row: LedgerRow) throws {
        do {
            try self.init(row: row, delta: Self.delta(row))
        } catch let fault as RowFault where fault.column == "delta" {
            try self.init(row: row, delta: .null)
            damage = fault.message
        }
    }

    private init(row: LedgerRow, delta: JSONValue) throws {
        try self.init(
            n: row["n"], attempt: row["attempt"], provider: row["provider"], model: row["model"], stop: row["stop"],
            origin: row["origin"],
            delta: delta, usage: TokenUsage(row: row),
            costMicrodollars: row["cost"], begunAt: row["begun_at"], endedAt: row["ended_at"],
            isAnswered: row["state"] as String == "answered", trimmedBytes: row["trimmed"], calls: [])
    }
}

extension JournalledTurn {
    /// Stored deltas are inflated no further than this.
    static let deltaLimitBytes = 64 << 20

    /// - Throws: `RowFault` if it is not what was written.
    private static func delta(_ row: LedgerRow) throws -> JSONValue {
        guard let stored: [UInt8] = try row["delta"] else { return .null }
        do {
            return try JSONParser.parse(try BodyCodec.standard.decode(stored, limitBytes: deltaLimitBytes))
        } catch let body as BodyFault {
            var fault = RowFault(column: "delta", found: "\(stored.count) bytes", sql: "SELECT delta FROM turns")
            fault.reason = "its answer cannot be read: \(body.message)"
            fault.mayBeNewer = body.mayBeNewer
            throw fault
        } catch {
            throw RowFault(
                column: "delta", found: "\(stored.count) bytes that are no answer", sql: "SELECT delta FROM turns")
        }
    }
}

extension ToolCall {
    init(row: LedgerRow) throws {
        try self.init(
            position: row["position"], callID: row["call_id"], name: row["name"], arguments: row.json("arguments"),
            result: row["result"], isError: row["is_error"], actionID: row["action"])
    }
}
