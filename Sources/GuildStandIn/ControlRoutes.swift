import GuildDomain
import GuildHTTP

extension StandIn {
    /// The routes by which a test inspects and controls it. Requests to these are not logged.
    var controlRoutes: [Route] {
        [
            Route(.get, "/__standin/requests", access: .open, summary: "The requests received, in order") { [log] _ in
                .json(.array(log.requests))
            },
            Route(.get, "/__standin/gates", access: .open, summary: "How many answers each gate holds") { [gates] _ in
                .json(.object(JSONObject(gates.waiting.map { ($0.name, .integer($0.count)) })))
            },
            Route(.post, "/__standin/release/:name", access: .open, summary: "Opens a gate") { [gates] request in
                gates.release(request.parameters["name"] ?? "")
                return Reply(status: 204)
            },
            Route(.post, "/__standin/reset", access: .open, summary: "Forgets all but the script, which starts over") {
                [script, gates, log, github] _ in
                script.restart()
                gates.reset()
                log.reset()
                github.reset()
                return Reply(status: 204)
            },
            Route(
                .post, "/__standin/script", access: .open, summary: "Replaces the script",
                bodyLimitBytes: Self.bodyLimitBytes
            ) { [script] request in
                script.replace(try ScriptParser.entries(of: try JSONParser.parse(request.body)))
                return Reply(status: 204)
            },
        ]
    }
}
