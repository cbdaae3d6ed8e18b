import GuildDomain
import Testing
import Yams

@testable import GuildCommands

@Suite struct YAMLTextTests {
    /// What a reader of YAML 1.1 or 1.2 takes for something else if it is not quoted.
    @Test(arguments: [
        "", "null", "~", "true", "Yes", "NO", "on", "off", "y", "1", "1.0", "0x1F", "1e3", "017", "+1", ".inf", "12:30",
        "2026-01-01", "2026-11-30T21:20:05Z", "<<", "=", "- a", "a: b", "a #b", "é", "on call", "line\nline",
    ])
    func `a text reads back as that text, as a value and as a key`(text: String) throws {
        let value = JSONValue.object(JSONObject([("key", .string(text)), (text, .string("value"))]))
        let written = try Yams.serialize(node: value.yamlNode, width: -1, allowUnicode: true)
        let read = try #require(try Yams.load(yaml: written) as? [String: Any])
        #expect(read["key"] as? String == text)
        #expect(read[text] as? String == "value")
    }

    @Test func `a plain word needs no quotes, a number that is a text does`() throws {
        let value: JSONValue = ["word": "plain", "on": "2026-01-01", "count": 7]
        let written = try Yams.serialize(node: value.yamlNode, width: -1, allowUnicode: true)
        #expect(written.contains("word: plain\n"))
        #expect(written.contains("\"on\": \"2026-01-01\"\n"))
        #expect(written.contains("count: 7\n"))
    }
}
