import GuildConnectors
import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

@Suite struct GitHubIdentityTests {
    private func client(_ server: RawServer, base: String = "") -> GitHubClient {
        GitHubClient(
            settings: GitHubSettings(
                baseURL: server.url(base), token: .known(Secret("ghs_installation")), identity: nil),
            http: HTTPClient(), redactor: Redactor(), clock: FixedTime())
    }

    private static let forbidden = RawServer.respond(
        status: 403, body: #"{"message":"Resource not accessible by integration"}"#)
    private static let viewer = #"{"data":{"viewer":{"login":"guild-app[bot]","databaseId":99}}}"#

    @Test func `where REST refuses an installation's token, GraphQL tells who it belongs to`() async throws {
        let server = try RawServer { request in
            request.path == "/user" ? Self.forbidden : RawServer.respond(body: Self.viewer)
        }
        let client = client(server)
        #expect(try await client.identity() == GitHubIdentity(login: "guild-app[bot]", id: 99))
        #expect(try await client.identity() == GitHubIdentity(login: "guild-app[bot]", id: 99))
        #expect(server.requests.map { "\($0.method) \($0.target)" } == ["GET /user", "POST /graphql"])
        let query = try JSONParser.parse(server.requests[1].body)["query"]?.string
        #expect(query == "query { viewer { login databaseId } }")
    }

    @Test func `an Enterprise Server has GraphQL beside its REST API`() async throws {
        let server = try RawServer { request in
            request.path == "/api/v3/user" ? Self.forbidden : RawServer.respond(body: Self.viewer)
        }
        #expect(try await client(server, base: "/api/v3").identity().login == "guild-app[bot]")
        #expect(server.requests.map(\.target) == ["/api/v3/user", "/api/graphql"])
    }

    @Test func `where neither tells, both reasons are given and nothing is remembered`() async throws {
        let server = try RawServer { request in
            request.path == "/user"
                ? Self.forbidden : RawServer.respond(body: #"{"data":null,"errors":[{"message":"no"}]}"#)
        }
        let client = client(server)
        for _ in 0..<2 {
            let failure = await #expect(throws: OperationFailure.self) { _ = try await client.identity() }
            let message = try #require(failure?.message)
            #expect(message.contains("403: Resource not accessible by integration"))
            #expect(message.contains("/graphql does not say who the token belongs to"))
        }
        #expect(server.requests.count == 4)
    }

    @Test func `a server that is busy is asked again, and not by another door`() async throws {
        let server = try RawServer { _ in RawServer.respond(status: 502, body: "{}") }
        await #expect(throws: OperationFailure.self) { _ = try await client(server).identity() }
        #expect(server.requests.map(\.target) == ["/user"])
    }

    @Test func `each write says which events it may cause, labels among them`() {
        let rules = Dictionary(uniqueKeysWithValues: GitHubConnector().operations.map { ($0.operation.name, $0) })
        for operation in GitHubOperations.all {
            let types = rules[operation.name]?.causedEvents ?? []
            #expect(types.isEmpty == (operation.effect == .read), "\(operation.name)")
        }
        #expect(rules["github.add_labels"]?.causedEvents.contains("label.created") == true)
        #expect(rules["github.create_issue"]?.causedEvents.contains("issues.labeled") == true)
    }
}
