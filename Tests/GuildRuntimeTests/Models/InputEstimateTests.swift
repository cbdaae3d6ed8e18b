import GuildDomain
import Testing

@testable import GuildRuntime

@Suite struct InputEstimateTests {
    @Test func `a third of the bytes and a tenth more, rounded up`() {
        let bytes = Int64(ModelRequest.hello.document.bytes().count)
        let thirds = (bytes + 2) / 3
        let estimate = InputEstimate.tokens(of: .hello)
        #expect(estimate * 10 >= thirds * 11)
        #expect((estimate - 1) * 10 < thirds * 11)
    }

    @Test func `the worst ratio raises it and never lowers it`() {
        let plain = InputEstimate.tokens(of: .hello)
        #expect(InputEstimate.tokens(of: .hello, worstRatio: 2) == plain * 2)
        #expect(InputEstimate.tokens(of: .hello, worstRatio: 0.2) == plain)
        #expect(InputEstimate.tokens(of: .hello, worstRatio: .nan) == plain)
        #expect(InputEstimate.tokens(of: .hello, worstRatio: .infinity) == plain * 20)
    }

    @Test func `the strict estimate is at least a token a byte`() {
        var request = ModelRequest.hello
        let strict = InputEstimate.strictTokens(of: request)
        #expect(strict > Int64(request.document.bytes().count))
        request.tools = [ModelTool(name: "a.b", summary: "Does it.", schema: ["type": "object"])]
        #expect(InputEstimate.strictTokens(of: request) > strict + 600)
    }
}
