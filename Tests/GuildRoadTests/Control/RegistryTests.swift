import GuildControl
import GuildDomain
import GuildHTTP
import GuildLedger
import Testing

@Suite struct RegistryTests {
    private static let archivist = OfficeCodex.manifest(
        "Agent", "archivist",
        """
        type: Archivist
        prompt: You keep things.
        model: scripted
        capabilities: [FILING]
        """
    ).replacing("name: archivist }", with: "name: archivist, labels: { tier: low } }")

    private func office() throws -> Office {
        try Office([
            "agents/archivist.yaml": Self.archivist,
            "agents/clerk.yaml": OfficeCodex.agent("clerk", "capabilities: [TRIAGE, FILING]"),
        ])
    }

    private func reply(_ office: Office, _ path: String, _ query: [(String, String)] = []) async throws -> Reply {
        let registry = Registry(codex: office.codex, ledger: office.ledger)
        let name = path.split(separator: "/").dropFirst().first.map(String.init)
        let wanted = name == nil ? "/agents" : "/agents/:name"
        let route = try #require(registry.routes.first { $0.path == wanted })
        return try await route.handle(
            Request(
                method: "GET", path: path, parameters: name.map { ["name": $0] } ?? [:],
                query: query.map { (name: $0.0, value: $0.1) }))
    }

    private func names(_ office: Office, _ query: [(String, String)] = []) async throws -> [String] {
        try await reply(office, "/agents", query).document["agents"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    @Test(arguments: [
        ("type", "clerk", ["clerk"]), ("chapter", "OFFICE", ["clerk"]),
        ("capability", "filing", ["archivist", "clerk"]),
        ("capability", "flying", []), ("status", "dormant", ["archivist", "clerk"]), ("status", "busy", []),
        ("label", "tier=low", ["archivist"]), ("label", "tier", ["archivist"]), ("label", "tier=high", []),
        ("label", "", []), ("nonsense", "x", ["archivist", "clerk"]),
    ])
    func `agents are listed by what is asked`(name: String, value: String, found: [String]) async throws {
        #expect(try await names(office(), [(name, value)]) == found)
    }

    @Test func `an agent is active while it has work, and degraded after three failures in a row`() async throws {
        let office = try office()
        let worker = try await office.worker()
        try await office.queue("a")
        #expect(try await reply(office, "/agents/CLERK").document["status"] == "active")
        #expect(try await reply(office, "/agents/clerk").document["queued"] == 1)
        for name in ["a", "b", "c"] {
            if name != "a" { try await office.queue(name) }
            let claim = try #require(
                try await office.ledger.claimInvocation(ClaimScope(), worker: worker, now: start))
            try await office.ledger.finish(claim.invocation, as: .failed, outcome: "no", now: start)
            let status: JSONValue = name == "c" ? "degraded" : "dormant"
            #expect(try await reply(office, "/agents/clerk").document["status"] == status)
        }
        let shown = try await reply(office, "/agents/clerk").document
        #expect(shown["last_state"] == "failed")
        #expect(shown["last_ended"] == .string(start.rfc3339))
        #expect(shown["version"] == "1.2.0")
        #expect(try await names(office, [("status", "degraded")]) == ["clerk"])
    }

    @Test func `an agent that is not there is a 404 with the nearest name`() async throws {
        let reply = try await reply(try office(), "/agents/clark")
        #expect(reply.status == 404)
        #expect(try reply.document["detail"] == "did you mean 'clerk'?")
        #expect(
            AgentListing.all(in: try OfficeCodex.snapshot(), ledger: nil, filter: .init()).map(\.status) == [.dormant])
    }
}

extension Reply {
    /// The body as JSON.
    var document: JSONValue {
        get throws {
            guard case .bytes(let bytes) = body else { throw Failure(.failed, "a stream") }
            return try JSONParser.parse(bytes)
        }
    }
}
