import GuildDomain
import GuildHTTP
import GuildTestSupport
import Testing

@Suite struct OpenAPITests {
    private static let routes = [
        Route(
            .get, "/things/:name", access: .open, summary: "A thing",
            parameters: [
                .path("name", .text(length: 1...5), "Its name"), .query("limit", .integer(1...9), "How many"),
                .query("kind", .choice(["a", "b"]), "Which"),
            ],
            answers: [APIAnswer(200, "The thing", schema: APISchema.object([("name", APISchema.text)]))]
        ) { request in .json(["name": .string(request.parameters["name"] ?? "")]) },
        Route(
            .post, "/things/:name", access: .scope("things:write"), summary: "Change it",
            body: APIBody(schema: ["type": "object"]), answers: [APIAnswer(200, "Done")]
        ) { request in .json(["by": .string(request.token ?? "")]) },
        Route(.get, "/plain", access: .open, summary: "Not described") { _ in .json([:]) },
    ]

    @Test func `the document describes every route, and itself`() throws {
        let itself = OpenAPI.route(title: "t", version: "1", of: Self.routes)
        let document = OpenAPI.document(title: "t", version: "1", of: Self.routes + [itself])
        #expect(document["openapi"] == "3.1.0")
        #expect(document["paths"]?.object?.keys == ["/things/{name}", "/plain", "/openapi.json"])
        let get = try #require(document["paths"]?["/things/{name}"]?["get"])
        #expect(get["parameters"]?.array?.compactMap { $0["name"]?.string } == ["name", "limit", "kind"])
        #expect(get["parameters"]?.array?.map { $0["required"] } == [true, false, false])
        #expect(get["parameters"]?.array?[1]["schema"] == ["type": "integer", "minimum": 1, "maximum": 9])
        #expect(get["responses"]?.object?.keys == ["200", "400", "421", "431", "503"])
        #expect(get["security"] == nil)
        let post = try #require(document["paths"]?["/things/{name}"]?["post"])
        #expect(post["security"] == [["bearer": []]])
        #expect(post["responses"]?.object?.keys == ["200", "400", "401", "403", "408", "413", "421", "431", "503"])
        #expect(post["requestBody"]?["required"] == true)
        #expect(document["paths"]?["/plain"]?["get"]?["responses"]?.object?.keys == ["default"])
    }

    @Test(arguments: [
        ("/things/abc?limit=3&kind=a", 200), ("/things/abcdef", 400), ("/things/abc?limit=0", 400),
        ("/things/abc?limit=10", 400), ("/things/abc?limit=x", 400), ("/things/abc?limit=%2B3", 400),
        ("/things/abc?limit=99999999999999999999", 400), ("/things/abc?kind=c", 400), ("/things/abc?kind=", 400),
        ("/things/abc?kind=a&kind=b", 400), ("/things/abc?unknown=1", 200), ("/things/%C3%A9%C3%A9%C3%A9", 200),
    ])
    func `a request that is not as described is refused before its handler`(path: String, status: Int) async throws {
        try await withListener(Self.routes) { port, _ in
            let response = try RawClient(port: port).request("GET", path)
            #expect(response.status == status)
            if status == 400 {
                #expect(response.headers["content-type"] == "application/problem+json")
                #expect(response.json?["detail"]?.string?.contains("must") ?? response.text.contains("twice"))
            }
        }
    }

    @Test func `a handler learns whose token it was`() async throws {
        let tokens = BearerTokens([
            BearerTokens.Grant(token: "one", scopes: ["things:write"], name: "robot"),
            BearerTokens.Grant(token: "two", scopes: ["other"], name: "spy"),
        ])
        try await withListener(Self.routes, tokens: tokens) { port, _ in
            for (header, status) in [("Bearer one", 200), ("Bearer two", 403), ("Bearer none", 401), ("Basic x", 401)] {
                let response = try RawClient(port: port).request(
                    "POST", "/things/x", headers: ["Authorization": header], body: Array("{}".utf8))
                #expect(response.status == status)
                if status == 200 { #expect(response.json?["by"] == "robot") }
            }
        }
    }
}
