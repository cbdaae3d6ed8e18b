import GuildDomain
import Testing

@testable import GuildRuntime

@Suite struct RunOptionsTests {
    @Test func `options come back from the ledger as they went in`() {
        var options = RunOptions()
        #expect(options.json == [:])
        #expect(RunOptions(json: options.json) == options)
        options.input = "Sort {{this}}."
        (options.model, options.budget) = ("scripted/large", 9_000)
        options.variables = [("a", "1"), ("b", "")]
        let back = RunOptions(json: options.json)
        #expect(back == options)
        #expect(back.variables.map(\.0) == ["a", "b"])
    }

    @Test(
        arguments: [
            .null, [], "text", ["input": 1, "model": [], "budget": "x", "vars": []],
            ["vars": ["a": 1, "b": ["c": "d"]]],
        ] as [JSONValue])
    func `what is no option is left out`(json: JSONValue) { #expect(RunOptions(json: json) == RunOptions()) }
}
