import GuildCodex
import GuildConnectors
import GuildControl
import GuildDomain
import GuildHTTP
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildCitadel
@testable import GuildRuntime

@Suite(.timeLimit(.minutes(1)), .serialized) struct ServeTests {
    /// The failure of a process that has no codex: the address is looked at before.
    private func failure(_ components: [Component], listen: String? = nil, once: Bool = false) async -> (any Error)? {
        let settings = Settings(
            codex: "/nonexistent/codex", environment: [:], workingDirectory: "/", logger: silent)
        do {
            try await Serve(components: components, listen: listen, once: once)
                .run(settings, redactor: Redactor()) { _ in }
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [
            ([.webhookGateway], nil), ([.webhookGateway, .dispatcher], nil), ([.executor], "nowhere"),
            (Component.running, "localhost"), (Component.running, ":80"), ([.registry], "127.0.0.1:65536"),
            ([.registry], ""),
        ] as [([Component], String?)])
    func `an address that is missing or none is refused before anything is opened`(
        components: [Component], listen: String?
    ) async throws {
        let failure = try #require(await failure(components, listen: listen) as? Failure)
        #expect(failure.kind == .usage)
        #expect(failure.hint != nil)
    }

    @Test(
        arguments: [
            (Component.running, nil, false), ([.executor, .dispatcher], nil, false), ([.registry], nil, false),
            ([.webhookGateway], "127.0.0.1:0", false), ([.executor], "[::1]:0", false), (Component.running, nil, true),
            ([.webhookGateway], nil, true),
        ] as [([Component], String?, Bool)])
    func `an address that is good, or needless, is not what fails`(
        components: [Component], listen: String?, once: Bool
    ) async throws {
        let failure = try #require(await failure(components, listen: listen, once: once))
        #expect(!(failure is Failure))
    }

    @Test func `an address that somebody listens on is refused before anything is opened`() async throws {
        let other = try RawServer { _ in [.close] }
        let failure = await failure([.registry], listen: "127.0.0.1:\(other.port)")
        guard case .cannotBind? = failure as? ListenFailure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test(
        arguments: [
            (["10.0.0.0/33"], []), (["proxy"], []), ([""], []), (nil, ["http://guild.example.com"]),
            (nil, ["guild.example.com:443"]), (nil, [""]), (nil, ["a/b"]),
        ] as [([String]?, [String])])
    func `a proxy that is no address and a host that is no name are refused before anything is opened`(
        proxies: [String]?, hosts: [String]
    ) async throws {
        let settings = Settings(codex: "/nonexistent/codex", environment: [:], workingDirectory: "/", logger: silent)
        let serve = Serve(
            components: [.webhookGateway], listen: "127.0.0.1:0", trustedProxies: proxies, hosts: hosts)
        let failure = try await #require(throws: Failure.self) {
            try await serve.run(settings, redactor: Redactor()) { _ in }
        }
        #expect(failure.kind == .usage)
        #expect(failure.hint != nil)
    }

    @Test func `connections leave a reserve of descriptors for our own work`() {
        #expect(DescriptorLimit.connections(of: 1 << 20, atMost: 1024) == 1024)
        #expect(DescriptorLimit.connections(of: 1024, atMost: 1024) == 768)
        #expect(DescriptorLimit.connections(of: 256, atMost: 1024) == 64)
        #expect(DescriptorLimit.raise() >= 256)
    }

    @Test func `draining does what the named components do, and leaves the rest`() async throws {
        let trigger = OfficeCodex.agent("clerk", "triggers:\n  - { type: webhook, source: github }")
        let vendor = try Vendor.serving(.text("Done."))
        let house = try House(vendor: vendor, ["agents/clerk.yaml": trigger])
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let event = Event.sample("a")
        _ = try await deployment.ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: start)
        let serve = { (components: [Component]) in
            try await Serve(components: components, once: true).run(house.settings, redactor: Redactor()) { _ in }
        }
        try await serve([.dispatcher])
        let invocation = try #require(
            try await deployment.ledger.reports.trace(of: event.id)?.invocations.first?.invocation)
        #expect(invocation.state == .queued)
        #expect(invocation.commit == house.commit)
        try await serve([.scheduler, .actionExecutor])
        #expect(vendor.requests.isEmpty)
        try await serve([.executor])
        #expect(try await deployment.ledger.invocations.find(invocation.id)?.state == .succeeded)
    }

    @Test func `draining begins with what the schedules owe`() async throws {
        let trigger = OfficeCodex.agent(
            "clerk", "triggers:\n  - { type: cron, name: tick, schedule: \"* * * * *\", timezone: UTC }")
        let house = try House(vendor: try Vendor.serving(.text("Done.")), ["agents/clerk.yaml": trigger])
        let deployment = try await house.deployment()
        defer { deployment.close() }
        try await deployment.ledger.schedules.enlist(
            schedules: ["clerk/tick"], since: deployment.time.now - .seconds(600))
        try await Serve(components: Component.running, once: true).run(house.settings, redactor: Redactor()) { _ in }
        let ended = try await deployment.ledger.invocations.recent(limit: 10)
        #expect(!ended.isEmpty)
        #expect(ended.allSatisfy { $0.state == .succeeded && $0.agent == "clerk" })
    }
}
