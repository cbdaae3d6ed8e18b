import Foundation
package import GuildDomain

/// A turn as the journal holds it.
package struct JournalledTurn: Sendable, Hashable {
    package let n: Int
    package let attempt: Int
    package let provider: String
    package let model: String
    /// `end_turn`, `tool_use`, …; nil where the answer was lost.
    package let stop: String?
    /// `authored` or `recorded` for a replayed answer.
    package let origin: String?
    /// What the model said, as the runtime wrote it.
    package let delta: JSONValue
    package let usage: TokenUsage
    package let costMicrodollars: Int64
    package let begunAt: Timestamp
    package let endedAt: Timestamp?
    package let isAnswered: Bool
    /// What an alert left out of its request.
    package var trimmedBytes = 0
    package var calls: [ToolCall]
}

/// One thing the model asked for in a turn.
package struct ToolCall: Sendable, Hashable {
    package var position: Int
    /// The provider's id of the call.
    package var callID: String
    package var name: String
    package var arguments: JSONValue
    /// Nil while it is pending.
    package var result: String?
    package var isError: Bool
    /// The action that performs it, for a write.
    package var action: ActionRequest?
    package var actionID: ActionID?
    /// What a write that the manifest or a policy refused is about; the journal does not keep it.
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
    /// What the agent may do before a person is asked.
    package var caps: ActionCaps
    /// The issue or thread that it puts something new on; nil for what changes only what is there.
    package var countsOn: String?
    /// The rule of a SafetyPolicy by which a person must agree, whatever the autonomy.
    package var policy: String?

    package init(
        id: ActionID, connector: String, operation: String, subject: String, arguments: JSONValue, reason: String,
        autonomy: Autonomy, caps: ActionCaps = .standard, countsOn: String? = nil, policy: String? = nil
    ) {
        self.id = id
        self.connector = connector
        self.operation = operation
        self.subject = subject
        self.arguments = arguments
        self.reason = reason
        self.autonomy = autonomy
        self.caps = caps
        self.countsOn = countsOn
        self.policy = policy
    }
}

/// A model's whole answer, ready for the journal.
package struct TurnAnswer: Sendable {
    package var delta: JSONValue
    package var stop: String
    package var origin: String?
    /// Nil where the provider reported none: settled at the bound, marked estimated.
    package var usage: TokenUsage?
    package var calls: [ToolCall]
    /// Whether `usage` is our own estimate.
    package var isEstimate: Bool
    /// Why the provider's figures were not taken.
    package var doubt: String?
    /// What a person should know about the answer.
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

    /// What its reservation is settled at.
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
    /// Whether the provider may have billed what it did not report.
    package var mayHaveBilled: Bool
    /// What the provider reported all the same.
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
    init(row: LedgerRow) throws {
        try self.init(
            n: row["n"], attempt: row["attempt"], provider: row["provider"], model: row["model"], stop: row["stop"],
            origin: row["origin"],
            delta: row.json("delta"), usage: TokenUsage(row: row),
            costMicrodollars: row["cost"], begunAt: row["begun_at"], endedAt: row["ended_at"],
            isAnswered: row["state"] as String == "answered", trimmedBytes: row["trimmed"], calls: [])
    }
}

extension ToolCall {
    init(row: LedgerRow) throws {
        try self.init(
            position: row["position"], callID: row["call_id"], name: row["name"], arguments: row.json("arguments"),
            result: row["result"], isError: row["is_error"], actionID: row["action"])
    }
}
