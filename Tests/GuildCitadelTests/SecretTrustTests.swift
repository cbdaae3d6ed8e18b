import Foundation
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import GuildRuntime
import GuildTestSupport
import Synchronization
import Testing

@testable import GuildCitadel

/// Which secret may go where: what the first head says, and then what an operator says.
@Suite(.timeLimit(.minutes(5))) struct SecretTrustTests {
    private static func models(_ vendor: RawServer, key: String = "env://PATH") -> [String: String] {
        [
            "providers/models.yaml": OfficeCodex.manifest(
                "LLMRegistry", "models",
                """
                providers:
                  - { name: scripted, provider: openai-compatible, model: small, base_url: "\(vendor.url())",
                      api_key: "\(key)", capabilities: [chat] }
                """)
        ]
    }

    private func git(_ house: House, _ arguments: String...) throws {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments =
            [
                "git", "-C", house.folder.path + "/repository", "-c", "user.name=t", "-c",
                "user.email=t@localhost", "-c",
                "commit.gpgsign=false",
            ] + arguments
        git.standardError = FileHandle.nullDevice
        git.standardOutput = FileHandle.nullDevice
        try git.run()
        git.waitUntilExit()
        guard git.terminationStatus == 0 else { throw Failure(.failed, "git \(arguments) failed") }
    }

    private func push(_ house: House, _ files: [String: String]) throws {
        try house.folder.write(files, in: "repository")
        try git(house, "commit", "--quiet", "--all", "-m", "change")
    }

    private func serve(_ house: House, trustsCodex: Bool = false) async throws -> [SecretPair] {
        var settings = house.settings
        settings.trustsCodex = trustsCodex
        let deployment = try await Deployment(settings, redactor: Redactor(), role: .serving)
        defer { deployment.close() }
        try await deployment.acceptHead(actor: "serve")
        return deployment.waitingSecrets(among: try await deployment.ledger.secrets.standings())
    }

    private func run(
        _ house: House, trustsCodex: Bool = false, trust: (@Sendable ([SecretPair]) -> Bool)? = nil,
        remark: (@Sendable (String) -> Void)? = nil
    ) async throws -> RunOutcome {
        var settings = house.settings
        settings.remark = remark ?? settings.remark
        settings.trustsCodex = trustsCodex
        let deployment = try await Deployment(settings, redactor: Redactor())
        defer { deployment.close() }
        var request = RunRequest(agent: "clerk", options: RunOptions(), user: "user:ada")
        request.trust = trust
        return try await HostedRun(request, in: deployment).run(
            observe: { _ in }, approve: { _ in nil })
    }

    private func house(_ vendor: RawServer) throws -> House {
        try House(vendor: vendor, Self.models(vendor))
    }

    @Test func `what the first served head names is trusted, and what a later commit adds waits`()
        async throws
    {
        let (vendor, thief) = (try Vendor.serving(.text("Thanks.")), try Vendor.serving(.text("Mine.")))
        let house = try house(vendor)
        #expect(try await serve(house).isEmpty)
        #expect(try await run(house).exitStatus == 0)
        try push(house, Self.models(thief))
        let waiting = try await serve(house)
        #expect(waiting.map(\.use) == [SecretUse(.model, at: thief.url())])
        let refusal = await #expect(throws: Failure.self) { try await run(house) }
        #expect(refusal?.kind == .refused)
        #expect(refusal?.hint?.contains("guild registry trust \(waiting[0].id)") == true)
        #expect(thief.requests.isEmpty)
        // Another variable for the old address is as new.
        try push(house, Self.models(vendor, key: "env://HOME"))
        #expect(try await serve(house).map(\.reference) == ["env://HOME"])
    }

    @Test func `nobody goes round it: the secret itself is refused at the moment of use`()
        async throws
    {
        let (vendor, thief) = (try Vendor.serving(.text("Thanks.")), try Vendor.serving(.text("Mine.")))
        let house = try house(vendor)
        _ = try await serve(house)
        try push(house, Self.models(thief))
        _ = try await serve(house)
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let reference = try #require(SecretReference("env://PATH"))
        let failure = await #expect(throws: SecretFailure.self) {
            try await deployment.secrets.resolve(reference, for: SecretUse(.model, at: thief.url()))
        }
        #expect(failure?.kind == .refused)
        #expect(failure?.isUntrusted == true)
        _ = try await deployment.secrets.resolve(
            reference, for: SecretUse(.model, at: vendor.url() + "/"))
        // Each use is a pair of its own.
        await #expect(throws: SecretFailure.self) {
            try await deployment.secrets.resolve(reference, for: SecretUse(.call, at: vendor.url()))
        }
        await #expect(throws: SecretFailure.self) {
            try await deployment.secrets.resolve(reference, for: SecretUse(.verify))
        }
    }

    @Test func `an operator trusts what waits and takes it back, and both are in the audit`()
        async throws
    {
        let (vendor, other) = (
            try Vendor.serving(.text("Thanks.")), try Vendor.serving(.text("Thanks."))
        )
        let house = try house(vendor)
        _ = try await serve(house)
        try push(house, Self.models(other))
        let waiting = try await serve(house)
        let ledger = try Ledger(at: house.folder.ledger)
        defer { ledger.close() }
        let snapshot = try CodexAccess(house.settings).snapshot()
        let desk = SecretDesk(
            secrets: ledger.secrets, snapshots: [snapshot], actor: "user:ada", time: SystemTime())
        let entry = try SecretDesk.find(String(waiting[0].id.prefix(6)), among: try await desk.entries())
        #expect(entry.state == .waiting)
        #expect(try await desk.set([entry.pair], to: .trusted) == waiting)
        #expect(try await run(house).exitStatus == 0)
        #expect(try await desk.set([entry.pair], to: .trusted).isEmpty)
        _ = try await desk.set([entry.pair], to: .revoked)
        await #expect(throws: Failure.self) { try await run(house) }
        // A protected branch does not bring back what a person took away.
        await #expect(throws: Failure.self) { try await run(house, trustsCodex: true) }
        let entries = try await ledger.audit.log(AuditFilter()).filter { $0.kind == "trust.changed" }
        #expect(entries.map(\.subject) == ["secrets trusted", "secrets trusted", "secrets revoked"])
        #expect(entries.map(\.actor) == ["serve", "user:ada", "user:ada"])
        #expect(throws: Failure.self) { try SecretDesk.find("env://NOBODY", among: []) }
    }

    @Test func `a secret that is revoked is used no more by a process that has used it`() async throws {
        let house = try house(try Vendor.serving(.text("Thanks.")))
        _ = try await serve(house)
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let reference = try #require(SecretReference("env://WEBHOOK_SECRET"))
        let pair = SecretPair(reference: reference.description, use: SecretUse(.verify))
        let trust = LedgerTrust(secrets: deployment.ledger.secrets)
        #expect(try await trust.verdict(on: pair) == .trusted)
        let other = try Ledger(at: house.folder.ledger)
        defer { other.close() }
        _ = try await other.secrets.setTrust(
            [pair], to: .revoked, commit: nil, actor: "user:ada", now: SystemTime().now)
        let failure = await #expect(throws: SecretFailure.self) {
            try await deployment.secrets.resolve(reference, for: SecretUse(.verify))
        }
        #expect(failure?.cause == .revoked(pair))
        #expect(failure?.message.contains("revoked") == true && failure?.isUntrusted == true)
        // Nor does a branch's word bring it back, and it is said why.
        var settings = house.settings
        settings.trustsCodex = true
        try await Deployment(settings, redactor: Redactor()).close()
        #expect(try await trust.verdict(on: pair) == .revoked)
    }

    @Test func `a codex that is trusted by its branch is so by the word of who started the process`() async throws {
        let house = try house(try Vendor.serving(.text("Thanks.")))
        var settings = house.settings
        (settings.trustsCodex, settings.user) = (true, "user:ada")
        let said = Mutex<[String]>([])
        settings.remark = { text in said.withLock { $0.append(text) } }
        let deployment = try await Deployment(settings, redactor: Redactor())
        defer { deployment.close() }
        let entries = try await deployment.ledger.audit.log(AuditFilter()).filter { $0.kind == "trust.changed" }
        #expect(entries.map(\.actor) == ["user:ada"])
        #expect(!said.withLock { $0 }.contains { $0.contains("you trust") })
    }

    @Test func `a run that is replayed asks for no secret that it may not need`() async throws {
        let vendor = try Vendor.serving(.text("Thanks."))
        let house = try House(
            vendor: vendor,
            [
                "connectors/github.yaml": OfficeCodex.manifest(
                    "Connector", "github",
                    "type: bidirectional\nsystem: github\nconnection: { auth: { type: bearer, secret_ref: \"env://PATH\" } }"
                ),
                "agents/clerk.yaml": OfficeCodex.agent("clerk", model: "replayed"),
            ])
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let agent = try #require(deployment.codex.head.agent("clerk"))
        #expect(try await deployment.untrusted(for: agent, RunOptions(), isReplayed: false) == [])
        var live = RunOptions()
        live.model = "scripted"
        let wanted = try await deployment.untrusted(for: agent, live, isReplayed: false)
        #expect(wanted.map(\.reference) == ["env://PATH"])
        #expect(try await deployment.untrusted(for: agent, live, isReplayed: true) == [])
    }

    @Test func `a first run trusts its codex for a person at the terminal only`() async throws {
        let vendor = try Vendor.serving(.text("Thanks."))
        let alone = try house(vendor)
        let refusal = await #expect(throws: Failure.self) { try await run(alone) }
        #expect(refusal?.kind == .refused)
        #expect(try await run(alone, trustsCodex: true).exitStatus == 0)
        let attended = try house(vendor)
        let said = Mutex<[String]>([])
        let first = try await run(
            attended,
            trust: { pairs in
                Issue.record("asked for \(pairs)")
                return false
            }, remark: { text in said.withLock { $0.append(text) } })
        #expect(first.exitStatus == 0)
        #expect(
            said.withLock { $0 }.contains { $0.contains("you trust the 3 secrets it names") }, "\(said.withLock { $0 })"
        )
        // The second commit is no longer the first.
        let other = try Vendor.serving(.text("Thanks."))
        try push(attended, Self.models(other))
        await #expect(throws: Failure.self) { try await run(attended) { _ in false } }
        #expect(other.requests.isEmpty)
        let use = SecretUse(.model, at: other.url())
        let agreed = try await run(attended) { pairs in pairs.map(\.use) == [use] }
        #expect(agreed.exitStatus == 0)
        #expect(try await run(attended).exitStatus == 0)
    }

    @Test func `the first head that is served is trusted though a run came before`() async throws {
        let vendor = try Vendor.serving(.text("Thanks."))
        let house = try house(vendor)
        await #expect(throws: Failure.self) { try await run(house) }
        #expect(try await serve(house).isEmpty)
        #expect(try await run(house).exitStatus == 0)
    }

    @Test func `who protects the branch trusts what it says`() async throws {
        let (vendor, other) = (
            try Vendor.serving(.text("Thanks.")), try Vendor.serving(.text("Thanks."))
        )
        let house = try house(vendor)
        _ = try await serve(house)
        try push(house, Self.models(other))
        #expect(try await serve(house, trustsCodex: true).isEmpty)
        #expect(try await run(house).exitStatus == 0)
    }

    @Test
    func `every secret that a codex names is a pair, those that are never sent without an address`()
        throws
    {
        let snapshot = try OfficeCodex.snapshot([
            "guild.yaml": OfficeCodex.manifest(
                "Guild", "acme",
                "api: { tokens: [{ name: eve, secret_ref: \"env://EVE\", scopes: [\"agents:read\"] }] }"),
            "connectors/github.yaml": OfficeCodex.manifest(
                "Connector", "github",
                """
                type: bidirectional
                system: github
                connection: { auth: { type: bearer, secret_ref: "env://TOKEN" } }
                """),
        ])
        #expect(
            Set(snapshot.secretPairs.map(\.description)) == [
                "env://EVE to admit", "env://TOKEN for github (call)", "env://WEBHOOK_SECRET to verify",
                "env://NEXT_SECRET to verify",
            ])
        #expect(Set(snapshot.secretPairs.map(\.id)).count == 4)
    }

    @Test(arguments: [
        ("https://API.example.com/v1/", "https://api.example.com/v1"), ("HTTP://h:80/", "http://h:80"),
        ("https://h/v1?api-version=2", "https://h/v1"), ("https://h/V1", "https://h/V1"),
    ])
    func `the same address is the same text`(address: String, base: String) {
        #expect(SecretUse(.model, at: address).address == base)
    }
}
