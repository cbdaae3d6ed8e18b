package import GuildDomain

/// The description of an HTTP API in OpenAPI 3.1, made from the routes that the listener serves.
package enum OpenAPI {
    /// `GET /openapi.json`: the description of `routes` and of itself.
    package static func route(title: String, version: String, of routes: [Route]) -> Route {
        let itself = route { .json([:]) }
        let bytes = document(title: title, version: version, of: routes + [itself]).bytes()
        return route { Reply(status: 200, headers: ["content-type": "application/json"], body: .bytes(bytes)) }
    }

    private static func route(_ reply: @escaping @Sendable () -> Reply) -> Route {
        Route(
            .get, "/openapi.json", access: .open, summary: "This description",
            answers: [APIAnswer(200, "An OpenAPI 3.1 document", schema: ["type": "object"])]
        ) { _ in reply() }
    }

    /// The OpenAPI 3.1 document of the routes.
    package static func document(title: String, version: String, of routes: [Route]) -> JSONValue {
        var paths: [(path: String, operations: [(String, JSONValue)])] = []
        for route in routes {
            let path = template(route.path)
            let operation = (route.method.rawValue.lowercased(), operation(route))
            if let index = paths.firstIndex(where: { $0.path == path }) {
                paths[index].operations.append(operation)
            } else {
                paths.append((path, [operation]))
            }
        }
        return [
            "openapi": "3.1.0", "info": ["title": .string(title), "version": .string(version)],
            "paths": .object(JSONObject(paths.map { ($0.path, .object(JSONObject($0.operations))) })),
            "components": [
                "schemas": ["Problem": problem],
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    /// `/agents/{name}` of `/agents/:name`.
    private static func template(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            segment == "**" ? "{rest}" : segment.hasPrefix(":") ? "{\(segment.dropFirst())}" : String(segment)
        }.joined(separator: "/")
    }

    private static func operation(_ route: Route) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("summary", .string(route.summary)), ("operationId", .string(identifier(route))),
        ]
        let parameters = route.pathParameters + route.parameters.filter { $0.place == .query }
        if !parameters.isEmpty { members.append(("parameters", .array(parameters.map(parameter)))) }
        if let body = route.body {
            let content = body.contentTypes.map { ($0, ["schema": body.schema] as JSONValue) }
            members.append(
                ("requestBody", ["required": .bool(body.isRequired), "content": .object(JSONObject(content))]))
        }
        members.append(("responses", responses(route)))
        switch route.access {
        case .open: break
        case .openWithMore(let scope):
            members.append(("security", [[:], ["bearer": []]]))
            members.append(("x-scope", .string(scope)))
        case .scope(let scope):
            members.append(("security", [["bearer": []]]))
            members.append(("x-scope", .string(scope)))
        }
        return .object(JSONObject(members))
    }

    private static func identifier(_ route: Route) -> String {
        let words = route.path.split { !$0.isLetter && !$0.isNumber }
        return route.method.rawValue.lowercased() + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func parameter(_ parameter: APIParameter) -> JSONValue {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .bool(parameter.place == .path), "description": .string(parameter.description),
            "schema": parameter.schema,
        ]
    }

    private static func responses(_ route: Route) -> JSONValue {
        guard !route.answers.isEmpty else { return ["default": ["description": "Not described"]] }
        var answers: [Int: APIAnswer] = [:]
        for answer in listenersOwn(route) + route.answers { answers[answer.status] = answer }
        return .object(
            JSONObject(
                answers.sorted { $0.key < $1.key }.map { status, answer in
                    var content: [(String, JSONValue)] = []
                    if let schema = answer.schema { content.append(("application/json", ["schema": schema])) }
                    if status >= 400 {
                        let reference: JSONValue = ["$ref": "#/components/schemas/Problem"]
                        content.append(("application/problem+json", ["schema": reference]))
                    }
                    var members: [(String, JSONValue)] = [("description", .string(answer.description))]
                    if !content.isEmpty { members.append(("content", .object(JSONObject(content)))) }
                    return (String(status), .object(JSONObject(members)))
                }))
    }

    /// The answers that the listener gives instead of a route.
    private static func listenersOwn(_ route: Route) -> [APIAnswer] {
        var answers = [
            APIAnswer(400, "The path, the query or the body does not match this description"),
            APIAnswer(421, "The Host is not one of this server's names; see serve --host"),
            APIAnswer(431, "The request line and the header fields are too large, or too many"),
            APIAnswer(503, "Too much is in flight, or a dependency is unavailable; see Retry-After"),
        ]
        if case .scope(let scope) = route.access {
            answers += [
                APIAnswer(401, "The bearer token is missing or unknown"),
                APIAnswer(403, "The token lacks the scope \(scope)"),
            ]
        }
        if route.body != nil {
            answers += [APIAnswer(408, "The body came too slowly"), APIAnswer(413, "The body is too large")]
        }
        return answers
    }

    /// RFC 9457, with our hint.
    private static let problem: JSONValue = [
        "type": "object",
        "properties": [
            "type": ["type": "string", "format": "uri-reference"], "title": ["type": "string"],
            "status": ["type": "integer"], "detail": ["type": "string"], "hint": ["type": "string"],
        ],
        "required": ["type", "title", "status"],
    ]
}

extension Route {
    /// The path's parameters in their order, as described, or else as any text.
    var pathParameters: [APIParameter] {
        path.split(separator: "/").compactMap { segment in
            guard segment == "**" || segment.hasPrefix(":") else { return nil }
            let name = segment == "**" ? "rest" : String(segment.dropFirst())
            return parameters.first { $0.name == name && $0.place == .path }
                ?? .path(name, .text(length: 1...Self.segmentLength), "A segment of the path")
        }
    }

    /// The longest path segment if nothing is described.
    private static let segmentLength = 1024

    /// Why the request is not as described; nil if it is.
    func problem(with request: Request) -> String? {
        for parameter in parameters {
            let values =
                switch parameter.place {
                case .path: request.parameters[parameter.name].map { [$0] } ?? []
                case .query: request.query.filter { $0.name == parameter.name }.map(\.value)
                }
            guard values.count <= 1 else { return "'\(parameter.name)' must occur only once" }
            if let problem = values.first.flatMap({ parameter.problem(with: $0) }) { return problem }
        }
        return nil
    }
}
