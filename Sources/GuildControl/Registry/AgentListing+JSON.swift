import GuildCodex
package import GuildDomain
import GuildHTTP
import GuildLedger

extension AgentListing: JSONShape {
    /// The shape of `GET /agents/NAME`; `schema` describes it.
    package var json: JSONValue { json(isWhole: true) }

    /// - Parameter isWhole: includes details that are not for everybody: the costs, and who paused it and why.
    package func json(isWhole: Bool) -> JSONValue {
        [
            "name": .string(agent.name), "type": .string(agent.role), "version": text(agent.version?.description),
            "chapter": text(agent.chapter), "description": text(agent.description), "status": .string(status.rawValue),
            "capabilities": .array(agent.capabilities.map { .string($0) }),
            "labels": .object(JSONObject(agent.labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "requires": .array(agent.dependencies.requires.map { .string($0.version.description) }),
            "running": .integer(running), "queued": .integer(queued), "waiting": .integer(waiting),
            "last_state": text(health.lastState), "last_ended": text(health.lastEndedAt?.rfc3339),
            "health": isWhole ? healthJSON : healthJSON.without(["cost_microdollars"]),
            "pause": health.pause.map { isWhole ? $0.json : $0.json.without(["actor", "reason"]) } ?? .null,
        ]
    }

    /// The figures of a day.
    package var healthJSON: JSONValue {
        [
            "last_invocation": text(health.lastInvocation?.description),
            "last_started": text(health.lastStartedAt?.rfc3339), "ended": .integer(health.ended),
            "failed": .integer(health.failed),
            "error_rate": health.errorRate.map { .decimal($0) } ?? .null,
            "consecutive_failures": .integer(health.consecutiveFailures),
            "latency_p50_ms": health.medianMilliseconds.map { .integer($0) } ?? .null,
            "latency_p95_ms": health.percentile95Milliseconds.map { .integer($0) } ?? .null,
            "tokens": .integer(health.tokens), "cost_microdollars": .integer(health.costMicrodollars),
        ]
    }

    private func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    static let schema: JSONValue = APISchema.object([
        ("name", APISchema.text), ("type", APISchema.text), ("version", APISchema.optionalText),
        ("chapter", APISchema.optionalText), ("description", APISchema.optionalText),
        ("status", APISchema.choice(Status.allCases.map(\.rawValue))), ("capabilities", APISchema.texts),
        ("labels", ["type": "object", "additionalProperties": ["type": "string"]]), ("requires", APISchema.texts),
        ("running", APISchema.count), ("queued", APISchema.count), ("waiting", APISchema.count),
        ("last_state", APISchema.optionalText), ("last_ended", APISchema.optionalTime),
        ("health", healthSchema), ("pause", APISchema.optional(AgentPause.openSchema)),
    ])

    private static let healthSchema: JSONValue = APISchema.object(
        [
            ("last_invocation", APISchema.optionalText), ("last_started", APISchema.optionalTime),
            ("ended", APISchema.count), ("failed", APISchema.count),
            ("error_rate", ["type": ["number", "null"], "minimum": 0, "maximum": 1]),
            ("consecutive_failures", APISchema.count),
            ("latency_p50_ms", ["type": ["integer", "null"], "minimum": 0]),
            ("latency_p95_ms", ["type": ["integer", "null"], "minimum": 0]), ("tokens", APISchema.count),
            ("cost_microdollars", APISchema.count),
        ], optional: ["cost_microdollars"])
}

extension AgentPause: JSONShape {
    /// The pause as commands and the API print it.
    package var json: JSONValue {
        [
            "agent": .string(agent), "actor": .string(actor), "reason": reason.map { .string($0) } ?? .null,
            "since": .string(since.rfc3339), "until": until.map { .string($0.rfc3339) } ?? .null,
        ]
    }

    static let schema: JSONValue = APISchema.object(members)
    /// The person and the reason are not for everybody.
    static let openSchema: JSONValue = APISchema.object(members, optional: ["actor", "reason"])

    private static let members: [(String, JSONValue)] = [
        ("agent", APISchema.text), ("actor", APISchema.text), ("reason", APISchema.optionalText),
        ("since", APISchema.time), ("until", APISchema.optionalTime),
    ]
}

extension JSONValue {
    /// An object without some of its members.
    fileprivate func without(_ names: Set<String>) -> JSONValue {
        guard let object else { return self }
        return .object(JSONObject(object.members.filter { !names.contains($0.key) }.map { ($0.key, $0.value) }))
    }

    /// A rate, to four places.
    fileprivate static func decimal(_ rate: Double) -> JSONValue {
        JSONNumber(String((rate * 10_000).rounded() / 10_000)).map { .number($0) } ?? .null
    }
}
