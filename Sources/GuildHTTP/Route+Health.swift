import GuildDomain

extension Route {
    /// `GET /healthz`: 200 as long as the process answers at all.
    package static let health = Route(
        .get, "/healthz", access: .open, summary: "Whether the process is alive",
        answers: [APIAnswer(200, "It is", schema: APISchema.object([("status", APISchema.choice(["ok"]))]))]
    ) { _ in Reply.json(["status": "ok"]) }

    /// `GET /readyz`: 200 when every part is ready, else 503 with the names of those that are not.
    ///
    /// - Parameter unready: the names of the parts that are not ready, with a reason each.
    package static func readiness(_ unready: @escaping @Sendable () async -> [(part: String, reason: String)]) -> Route
    {
        Route(
            .get, "/readyz", access: .open, summary: "Whether every part is ready for work",
            answers: [
                APIAnswer(200, "Every part is", schema: APISchema.object([("status", APISchema.choice(["ok"]))])),
                APIAnswer(
                    503, "The parts that are not, and why",
                    schema: APISchema.object([
                        ("status", APISchema.choice(["unready"])),
                        ("parts", ["type": "object", "additionalProperties": ["type": "string"]]),
                    ])),
            ]
        ) { _ in
            let parts = await unready()
            guard !parts.isEmpty else { return Reply.json(["status": "ok"]) }
            let members = parts.map { ($0.part, JSONValue.string($0.reason)) }
            return Reply.json(["status": "unready", "parts": .object(JSONObject(members))], status: 503)
        }
    }
}
