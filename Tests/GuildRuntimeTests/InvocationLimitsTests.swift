import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import Testing

@testable import GuildRuntime

@Suite struct InvocationLimitsTests {
    private func limits(
        _ resources: String = "", model: String = "scripted", budget: Int64? = nil, guild: String = ""
    ) throws -> InvocationLimits {
        let snapshot = try OfficeCodex.snapshot([
            "agents/clerk.yaml": OfficeCodex.agent("clerk", resources), "guild.yaml": OfficeCodex.guild(guild),
        ])
        let agent = try #require(snapshot.agent("clerk"))
        var options = RunOptions()
        options.budget = budget
        let chosen = try ModelSelection.candidates(for: agent, override: model, in: snapshot)
        return InvocationLimits(agent: agent, options: options, in: snapshot, model: try #require(chosen.first))
    }

    private func invocation(chapter: String?) -> Invocation {
        Invocation(
            id: InvocationID(derivedFrom: ["one"]), agent: "clerk", chapter: chapter, commit: "c",
            event: EventID(derivedFrom: ["e"]), root: EventID(derivedFrom: ["e"]), createdAt: start)
    }

    @Test func `the agent's own limits hold, then the guild's, then the built-in ones`() throws {
        #expect(try limits().perInvocation == Defaults.tokensPerInvocation)
        #expect(try limits(guild: ", tokenBudget: { perInvocation: 9K }").perInvocation == 9_000)
        let own = try limits(
            "resources: { tokenBudget: { perInvocation: 8000 }, costBudget: { perInvocation: \"0.50\" }, maxActiveDuration: 10m }"
        )
        #expect(own.perInvocation == 8_000)
        #expect(own.perInvocationCost == 500_000)
        #expect(own.maxActiveDuration == .seconds(600))
    }

    @Test func `a reply may have what its model can, else what the guild says`() throws {
        #expect(try limits().replyLimit == 1024)
        #expect(try limits(model: "spare").replyLimit == 2048)
        #expect(try limits(guild: ", replyLimit: 300").replyLimit == 300)
    }

    @Test func `a call counts on the invocation, its root, the agent, the chapter and the organisation`() throws {
        let invocation = invocation(chapter: "office")
        let accounts = try limits("", budget: 500).accounts(of: invocation)
        let root = "root/\(invocation.root)"
        #expect(
            accounts.map(\.account) == [
                "invocation/\(invocation.id)", root, "agent/clerk", "chapter/office", "organization",
            ])
        #expect(accounts[1].tokens == Defaults.rootTokens)
        #expect(accounts.first?.tokens == 500)
        #expect(accounts.first?.setting == "--budget")
        let plain = try limits().accounts(of: self.invocation(chapter: nil))
        #expect(plain.count == 4)
        #expect(plain.first?.setting == "resources.tokenBudget.perInvocation")
    }

    @Test func `a limit on the cost of a run names its own setting`() throws {
        let own = try limits("resources: { costBudget: { perInvocation: \"0.50\" } }")
            .accounts(of: invocation(chapter: nil))
        #expect(own.filter { $0.cost != nil }.map(\.setting) == ["resources.costBudget.perInvocation"])
        #expect(own.filter { $0.cost != nil }.allSatisfy { $0.tokens == nil })
        #expect(own.first?.setting == "resources.tokenBudget.perInvocation")
    }
}
