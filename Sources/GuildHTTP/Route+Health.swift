import GuildDomain

extension Route {
    /// `GET /healthz`: 200 as long as the process answers at all.
    package static let health = Route(
        .get, "/healthz", access: .open, summary: "Whether the process is alive",
        answers: [APIAnswer(200, "It is", schema: APISchema.object([("status", APISchema.choice(["ok"]))]))]
    ) { _ in Reply.json(["status": "ok"]) }

    /// `GET /readyz`: 200 when every part is ready, with the status `degraded` if one of them works only partly; else
    /// 503 with the names of those that are not.
    ///
    /// - Parameters:
    ///   - scope: callers with it see more of the detail.
    ///   - state: returns the state; its argument says whether more of the detail is shown.
    package static func readiness(
        moreFor scope: String, _ state: @escaping @Sendable (Bool) async -> Readiness
    ) -> Route {
        Route(
            .get, "/readyz", access: .openWithMore(scope: scope), summary: "Whether every part is ready for work",
            answers: [
                APIAnswer(
                    200, "Every part is ready; `degraded` if one works only partly",
                    schema: APISchema.object(
                        [
                            ("status", APISchema.choice(["ok", "degraded"])), ("codex", servedCodex),
                            ("held", heldEvents),
                            ("webhooks", lackingEndpoints),
                        ],
                        optional: ["codex", "held", "webhooks"])),
                APIAnswer(
                    503, "The parts that are not ready, and why",
                    schema: APISchema.object(
                        [
                            ("status", APISchema.choice(["unready"])),
                            ("parts", ["type": "object", "additionalProperties": ["type": "string"]]),
                            ("codex", servedCodex), ("held", heldEvents), ("webhooks", lackingEndpoints),
                        ], optional: ["codex", "held", "webhooks"])),
            ]
        ) { request in
            let state = await state(request.isShownMore)
            guard !state.unready.isEmpty else {
                let status: JSONValue = state.isDegraded ? "degraded" : "ok"
                return Reply.json(.object(JSONObject([("status", status)] + state.detail)))
            }
            let parts = JSONObject(state.unready.map { ($0.part, JSONValue.string($0.reason)) })
            let object = JSONObject([("status", "unready"), ("parts", .object(parts))] + state.detail)
            return Reply.json(.object(object), status: 503)
        }
    }

    /// Events that wait until our identity in their system is known; that system's own words are not for everybody.
    private static var heldEvents: JSONValue {
        APISchema.list(
            of: APISchema.object(
                [
                    ("system", APISchema.text), ("events", APISchema.count), ("since", APISchema.time),
                    ("until", APISchema.time), ("reason", APISchema.text), ("detail", APISchema.text),
                ], optional: ["detail"]))
    }

    /// Endpoints of webhooks that lack a secret; which, is not for everybody.
    private static var lackingEndpoints: JSONValue {
        APISchema.list(
            of: APISchema.object(
                [
                    ("endpoint", APISchema.text), ("missing", APISchema.count), ("usable", APISchema.flag),
                    ("secrets", APISchema.texts),
                ], optional: ["secrets"]))
    }

    /// The commit that is served, the newer one that was refused, whose reasons are not for everybody, and the one that
    /// is being read, if that takes long; and the secrets that wait for an operator.
    private static var servedCodex: JSONValue {
        let refused = APISchema.object(
            [
                ("commit", APISchema.text), ("at", APISchema.time), ("errors", APISchema.count),
                ("problems", APISchema.texts),
            ], optional: ["problems"])
        let loading = APISchema.object(
            [("commit", APISchema.text), ("since", APISchema.time), ("seconds", APISchema.count)], optional: ["commit"])
        let secrets = APISchema.object(
            [("waiting", APISchema.count), ("pairs", APISchema.texts)], optional: ["pairs"])
        return APISchema.object(
            [("commit", APISchema.text), ("refused", refused), ("loading", loading), ("secrets", secrets)],
            optional: ["refused", "loading", "secrets"])
    }
}
