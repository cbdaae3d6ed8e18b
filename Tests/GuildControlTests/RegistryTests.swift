import GuildControl
import GuildDomain
import GuildHTTP
import GuildLedger
import GuildOffice
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

    private func reply(
        _ office: Office, _ path: String, _ query: [(String, String)] = [], body: String = "", isShownMore: Bool = true
    ) async throws -> Reply {
        let registry = Registry(
            codex: office.codex, agents: office.ledger.agents, time: office.time, version: "1.0.0",
            address: "127.0.0.1:1")
        let steps = path.split(separator: "/").dropFirst().map(String.init)
        let name = steps.first
        let wanted = name == nil ? "/agents" : (["/agents/:name"] + steps.dropFirst()).joined(separator: "/")
        let route = try #require(registry.routes.first { $0.path == wanted })
        var request = Request(
            method: route.method.rawValue, path: path, parameters: name.map { ["name": $0] } ?? [:],
            query: query.map { (name: $0.0, value: $0.1) }, body: Array(body.utf8))
        (request.token, request.isShownMore) = ("robot", isShownMore)
        return try await route.handle(request)
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
                try await office.ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: start).first)
            try await office.ledger.invocations.end(claim.invocation, as: .failed, outcome: "no", now: start)
            let status: JSONValue = name == "c" ? "degraded" : "dormant"
            #expect(try await reply(office, "/agents/clerk").document["status"] == status)
        }
        let shown = try await reply(office, "/agents/clerk").document
        #expect(shown["last_state"] == "failed")
        #expect(shown["last_ended"] == .string(start.rfc3339))
        #expect(shown["version"] == "1.2.0")
        #expect(try await names(office, [("status", "degraded")]) == ["clerk"])
    }

    @Test func `the ledger knows the agents that ran or are paused`() async throws {
        let office = try office()
        let agents = office.ledger.agents
        let before = try await agents.isKnown("clerk")
        #expect(!before)
        try await office.queue("a")
        let ran = try await agents.isKnown("clerk")
        #expect(ran)
        _ = try await agents.pause(
            agent: "archivist", reason: nil, until: nil, actor: "user:ada", commit: nil, now: start)
        let paused = try await agents.isKnown("archivist")
        #expect(paused)
        let stranger = try await agents.isKnown("nobody")
        #expect(!stranger)
    }

    @Test func `an agent that is not there is a 404 with the nearest name`() async throws {
        let reply = try await reply(try office(), "/agents/clark")
        #expect(reply.status == 404)
        #expect(try reply.document["detail"] == "did you mean 'clerk'?")
        let unseen = try await AgentListing.all(in: try OfficeCodex.snapshot(), ledger: nil, now: start)
        #expect(unseen.map(\.status) == [.dormant])
    }
}

extension RegistryTests {
    @Test func `a list comes in pages, whatever it is restricted to`() async throws {
        let names = (0..<7).map { "agent\($0)" }
        var files = ["agents/clerk.yaml": nil as String?, "chapters/office.yaml": nil]
        for name in names {
            files["agents/\(name).yaml"] = OfficeCodex.manifest(
                "Agent", name, "type: \(name < "agent5" ? "Low" : "High")\nprompt: You wait.\nmodel: scripted")
        }
        files["ingress/github.yaml"] = nil as String?
        let office = try Office(files)
        _ = try await office.ledger.agents.pause(
            agent: "agent6", reason: nil, until: nil, actor: "user:me", commit: nil, now: start)
        var (after, seen, pages): (String?, [String], Int) = (nil, [], 0)
        repeat {
            let query = [("limit", "2")] + (after.map { [("after", $0)] } ?? [])
            let page = try await reply(office, "/agents", query).document
            seen += page["agents"]?.array?.compactMap { $0["name"]?.string } ?? []
            after = page["next"]?.string
            pages += 1
        } while after != nil && pages < 10
        #expect(seen == names)
        #expect(pages == 4)
        let dormant = try await reply(office, "/agents", [("status", "dormant"), ("limit", "6")]).document
        #expect(dormant["agents"]?.array?.count == 6)
        #expect(dormant["next"] == .null)
        let high = try await reply(office, "/agents", [("type", "high"), ("limit", "1")]).document
        #expect(high["next"] == "agent5")
    }

    @Test func `a status is looked for among so many agents, and the next page goes on behind them`() async throws {
        let count = AgentListing.lookedAtAPage + 1
        var files = ["agents/clerk.yaml": nil as String?, "chapters/office.yaml": nil, "ingress/github.yaml": nil]
        // In few files: each file is one that git and the codex read.
        let names = (0..<count).map { "agent\(String(1000 + $0))" }
        for first in stride(from: 0, to: count, by: 100) {
            files["agents/some\(first).yaml"] = names[first..<min(first + 100, count)].map { name in
                OfficeCodex.manifest("Agent", name, "type: Low\nprompt: You wait.\nmodel: scripted")
            }.joined(separator: "---\n")
        }
        let office = try Office(files)
        let last = try #require(names.last)
        for name in [names[3], last] {
            _ = try await office.ledger.agents.pause(
                agent: name, reason: nil, until: nil, actor: "user:me", commit: nil, now: start)
        }
        let query = [("status", "paused"), ("limit", "5")]
        let page = try await reply(office, "/agents", query).document
        #expect(page["agents"]?.array?.compactMap { $0["name"]?.string } == [names[3]])
        #expect(page["next"] == .string(names[count - 2]))
        let rest = try await reply(office, "/agents", query + [("after", names[count - 2])]).document
        #expect(rest["agents"]?.array?.compactMap { $0["name"]?.string } == [last])
        #expect(rest["next"] == .null)
    }

    @Test func `who paused an agent and why, and what it costs, is not for everybody`() async throws {
        let office = try office()
        _ = try await reply(office, "/agents/clerk/pause", body: #"{"reason": "a secret matter"}"#)
        for path in ["/agents/clerk", "/agents"] {
            func agent(_ isShownMore: Bool) async throws -> JSONValue? {
                let document = try await reply(office, path, isShownMore: isShownMore).document
                return document["agents"]?.array?.last ?? document
            }
            let (whole, open) = (try await agent(true), try await agent(false))
            #expect(whole?["pause"]?["reason"] == "a secret matter")
            #expect(whole?["health"]?["cost_microdollars"] == 0)
            #expect(open?["status"] == "paused")
            #expect(open?["pause"]?.object?.keys.sorted() == ["agent", "since", "until"])
            #expect(open?["health"]?["cost_microdollars"] == nil)
            #expect(open?["health"]?["tokens"] == 0)
        }
    }

    @Test func `a gate lets so many in at once`() async throws {
        let gate = RequestGate(limit: 1)
        let inner = await gate.pass { await gate.pass { 1 } }
        #expect(inner == .some(nil))
        #expect(await gate.pass { 2 } == 2)
    }

    @Test func `a paused agent is shown as paused, and its pause is audited`() async throws {
        let office = try office()
        let paused = try await reply(office, "/agents/Clerk/pause", body: #"{"reason": "too loud", "seconds": 60}"#)
        #expect(paused.status == 200)
        #expect(try paused.document["actor"] == "token:robot")
        let shown = try await reply(office, "/agents/clerk").document
        #expect(shown["status"] == "paused")
        #expect(shown["pause"]?["reason"] == "too loud")
        #expect(shown["pause"]?["until"] == .string((start + .seconds(60)).rfc3339))
        #expect(try await names(office, [("status", "paused")]) == ["clerk"])
        #expect(try await reply(office, "/agents/clerk/resume").document["was_paused"] == true)
        #expect(try await reply(office, "/agents/clerk/resume").document["was_paused"] == false)
        #expect(try await reply(office, "/agents/clerk").document["status"] == "dormant")
        #expect(try await office.auditKinds().filter { $0 == "operator.command" }.count == 2)
        #expect(try await reply(office, "/agents/nobody/pause").status == 404)
    }

    @Test(arguments: [
        "[]", "{", #"{"reason": 5}"#, #"{"seconds": 0}"#, #"{"seconds": "60"}"#, #"{"seconds": 1e30}"#,
        #"{"other": 1}"#,
    ])
    func `a wrong body pauses nothing`(body: String) async throws {
        let office = try office()
        let status: Int
        do {
            status = try await reply(office, "/agents/clerk/pause", body: body).status
        } catch is JSONParser.Problem {
            status = 400
        }
        #expect(status == 400)
        #expect(try await office.ledger.agents.pauses(now: start).isEmpty)
    }

    @Test func `health is taken over a day: errors, failures in a row, latency, tokens`() async throws {
        let office = try office()
        let worker = try await office.worker()
        let outcomes: [(InvocationState, Int64)] = [(.failed, 1), (.succeeded, 2), (.failed, 3), (.failed, 40)]
        for (number, (state, seconds)) in outcomes.enumerated() {
            try await office.queue("h\(number)")
            let claim = try #require(
                try await office.ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: start).first)
            try await office.ledger.invocations.end(
                claim.invocation, as: state, outcome: "so", now: start + .seconds(seconds))
        }
        let now = start + .seconds(60)
        let health = try #require(try await office.ledger.agents.health(of: ["clerk"], now: now)["clerk"])
        #expect(health.ended == 4)
        #expect(health.failed == 3)
        #expect(health.errorRate == 0.75)
        #expect(health.consecutiveFailures == 2)
        #expect(health.medianMilliseconds == 2000)
        #expect(health.percentile95Milliseconds == 40_000)
        #expect(health.lastEndedAt == start + .seconds(40))
        let later = try #require(
            try await office.ledger.agents.health(of: ["clerk"], now: start + .seconds(90_000))["clerk"])
        #expect(later.ended == 0)
        #expect(later.errorRate == nil)
        #expect(later.consecutiveFailures == 2)
    }

    @Test func `cards have the fields that A2A 1.0 requires, at the caller's own address`() async throws {
        let office = try office()
        let registry = Registry(
            codex: office.codex, agents: office.ledger.agents, time: office.time, version: "1.0.0",
            address: "127.0.0.1:1")
        let route = try #require(registry.routes.first { $0.path == "/.well-known/agent-card.json" })
        for (host, base) in [("acme.test:80", "acme.test:80"), ("a b", "127.0.0.1:1"), ("x/../", "127.0.0.1:1")] {
            let request = Request(method: "GET", path: route.path, headers: ["host": host])
            let card = try await route.handle(request).document
            #expect(card["name"] == "acme")
            #expect(card["supportedInterfaces"]?.array?.first?["url"] == .string("http://\(base)/agents"))
            #expect(card["skills"]?.array?.compactMap { $0["id"]?.string } == ["archivist", "clerk"])
            for field in [
                "description", "version", "capabilities", "defaultInputModes", "defaultOutputModes",
            ] {
                #expect(card[field] != nil, "\(field)")
            }
        }
        let card = try await reply(office, "/agents/CLERK/agent-card.json").document
        #expect(card["name"] == "clerk")
        #expect(card["version"] == "1.2.0")
        #expect(card["skills"]?.array?.compactMap { $0["name"]?.string } == ["TRIAGE", "FILING"])
        #expect(try await reply(office, "/agents/nobody/agent-card.json").status == 404)
    }
}
