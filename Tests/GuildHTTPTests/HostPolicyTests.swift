import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildHTTP

struct HostPolicyTests {
    private static let policy = HostPolicy(names: ["guild.example.com", "192.0.2.7"], exempt: ["webhooks"])

    private func isAllowed(_ host: String?) -> Bool {
        Self.policy.allows(host, firstSegment: "agents", local: InternetAddress("198.51.100.4"))
    }

    @Test(arguments: [
        "localhost", "LOCALHOST:8484", "localhost.", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:8484",
        "guild.example.com", "Guild.Example.com.:443", "192.0.2.7:80", "198.51.100.4:8484",
    ])
    func `loopback, the address itself and the names given are answered`(host: String) {
        #expect(isAllowed(host))
    }

    @Test(arguments: [
        "evil.example", "localhost.evil.example", "guild.example.com.evil.example", "127.0.0.1.evil.example", "",
        "192.0.2.8", "0.0.0.0:8484", "[::]", "0x7f.1", "user@localhost", "localhost:80:evil.example", "[localhost]",
        "127.0.0.1:8484@evil.example", "localhost:80x", "[::1]:@evil.example",
    ])
    func `another host is not`(host: String) { #expect(!isAllowed(host)) }

    @Test func `a request names one host, but for one of an older client`() async throws {
        let route = Route(.get, "/agents", access: .open, summary: "Agents") { _ in Reply(status: 204) }
        let heads = [
            "GET /agents HTTP/1.1\n\n", "GET /agents HTTP/1.1\nHost: localhost\nHost: localhost\n\n",
            "GET /agents HTTP/1.0\n\n", "GET /agents HTTP/1.0\nHost: evil.example\n\n",
            "GET http://localhost:80/agents HTTP/1.1\nHost: evil.example\n\n",
        ]
        try await withListener([route], hosts: Self.policy) { port, _ in
            let statuses = try await blocking {
                try heads.map { head -> Int in
                    let client = try RawClient(port: port)
                    try client.send(head: head)
                    return try client.response().status
                }
            }
            #expect(statuses == [400, 400, 204, 421, 204])
        }
    }

    @Test func `a page whose name was pointed at this machine gets 421, a webhook is taken under any name`()
        async throws
    {
        let routes = ["/agents", "/webhooks/github"].map { path in
            Route(.get, path, access: .open, summary: path) { _ in Reply(status: 204) }
        }
        let expected: [(String, String, Int)] = [
            ("/agents", "evil.example", 421), ("/agents", "127.0.0.1:8484", 204), ("/nothing", "evil.example", 421),
            ("http://evil.example/agents", "localhost", 421), ("http://evil.example?/agents", "localhost", 421),
            ("/webhooks/github", "evil.example", 204), ("/webhooks", "evil.example", 404),
            ("/x/../webhooks/github", "evil.example", 421), ("//webhooks/github", "evil.example", 421),
            ("/webhooks/nothing", "evil.example", 404),
        ]
        try await withListener(routes, hosts: Self.policy) { port, _ in
            try await talk(port) { client in
                for (target, host, status) in expected {
                    try client.send(head: "GET \(target) HTTP/1.1\nHost: \(host)\n\n")
                    #expect(try client.response().status == status, "\(target) for \(host)")
                }
            }
        }
    }
}
