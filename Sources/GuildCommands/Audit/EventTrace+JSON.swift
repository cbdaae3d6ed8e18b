package import GuildDomain
package import GuildLedger

extension EventTrace: JSONShape {
    /// The documented shape of `audit show -o json`.
    package var json: JSONValue {
        [
            "event": event.summaryJSON, "received": .string(receivedAt.rfc3339),
            "decisions": .array(decisions.map { $0.json(isErased: isErased) }),
            "invocations": .array(invocations.map { $0.json(isErased: isErased) }),
            "effects": .array(effects.map(\.json)), "erased": .optional(erasedAt),
            "damage": .array(damage.map { .string($0) }),
        ]
    }
}

extension Event {
    /// The event without its payload.
    var summaryJSON: JSONValue {
        [
            "id": .string(id.description), "source": .string(source), "type": .string(type),
            "subject": .optional(subject), "system": .string(system), "guildevent": .optional(guildEvent),
            "priority": .string(priority.name), "time": .string(time.rfc3339),
            "cause": .optional(cause?.description), "root": .string(root.description), "hop": .integer(hop),
            "containers": Container.json(containers),
        ]
    }
}

extension EventTrace.DecisionRow {
    /// - Parameter isErased: then there are no reasons to show.
    func json(isErased: Bool) -> JSONValue {
        [
            "rule": .string(rule), "agent": .string(agent), "revision": .integer(revision),
            "outcome": .string(outcome), "final": .bool(isFinal), "until": .optional(until),
            "reasons": isErased ? .null : .array(reasons.map { .string($0) }),
            "invocation": .optional(invocation?.description),
            "commit": .string(commit), "at": .string(at.rfc3339),
        ]
    }
}

extension EventTrace.InvocationRow {
    /// - Parameter isErased: then what the model and the tools said is null.
    func json(isErased: Bool) -> JSONValue {
        var object = invocation.json.object ?? JSONObject()
        object["turns"] = .array(turns.map { $0.json(isErased: isErased) })
        object["actions"] = .array(actions.map { $0.json(isErased: isErased) })
        object["erased"] = .bool(isErased)
        object["damage"] = .array(damage.map { .string($0) })
        return .object(object)
    }
}

extension Invocation: JSONShape {
    package var json: JSONValue {
        [
            "id": .string(id.description), "agent": .string(agent), "chapter": .optional(chapter),
            "commit": .string(commit), "event": .string(event.description), "root": .string(root.description),
            "state": .string(state.rawValue), "wait_reason": .optional(waitReason?.rawValue),
            "priority": .string(priority.name), "attempt": .integer(attempt), "tokens": usage.json,
            "cost_microdollars": .integer(costMicrodollars), "created": .string(createdAt.rfc3339),
            "started": .optional(startedAt), "ended": .optional(endedAt), "outcome": .optional(outcome),
        ]
    }
}

extension JournalledTurn {
    /// - Parameter isErased: then arguments and results are null.
    func json(isErased: Bool) -> JSONValue {
        [
            "n": .integer(n), "attempt": .integer(attempt), "provider": .string(provider), "model": .string(model),
            "answered": .bool(isAnswered), "stop": .optional(stop), "origin": .optional(origin),
            "tokens": usage.json, "cost_microdollars": .integer(costMicrodollars),
            "begun": .string(begunAt.rfc3339), "ended": .optional(endedAt),
            "calls": .array(
                calls.map { call in
                    [
                        "name": .string(call.name), "arguments": isErased ? .null : call.arguments,
                        "result": isErased ? .null : .optional(call.result),
                        "is_error": .bool(call.isError), "action": .optional(call.actionID?.description),
                    ]
                }), "damage": .optional(damage),
        ]
    }
}

extension EventTrace.ActionRow {
    /// - Parameter isErased: then arguments and texts are null.
    func json(isErased: Bool) -> JSONValue {
        var object = action.json.object ?? JSONObject()
        if isErased {
            object["arguments"] = .null
            object["reason"] = .null
        }
        object["cap_standing"] = standing?.json ?? .null
        object["attempts"] = .array(
            attempts.map {
                [
                    "attempt": .integer($0.attempt), "started": .string($0.startedAt.rfc3339),
                    "ended": .optional($0.endedAt), "outcome": .optional($0.outcome),
                ]
            })
        object["approval"] =
            approval.map {
                [
                    "decision": .string($0.decision), "actor": .string($0.actor), "reason": .optional($0.reason),
                    "at": .string($0.at.rfc3339),
                ]
            } ?? .null
        return .object(object)
    }
}

extension Action: JSONShape {
    package var json: JSONValue {
        [
            "id": .string(id.description), "invocation": .string(invocation.description),
            "root": .string(root.description), "connector": .string(connector), "operation": .string(operation),
            "subject": .string(subject), "arguments": arguments, "reason": .string(reason),
            "autonomy": .integer(autonomy.rawValue), "state": .string(state.rawValue), "attempt": .integer(attempt),
            "created": .string(createdAt.rfc3339), "ended": .optional(endedAt), "result": .optional(result),
            "error": .optional(error), "cap": .optional(hold?.cap.key),
            "policy": .optional(policy),
        ]
    }
}
