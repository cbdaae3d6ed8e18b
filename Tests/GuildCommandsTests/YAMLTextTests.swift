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
        let written = try value.yamlText()
        let read = try #require(try Yams.load(yaml: written) as? [String: Any])
        #expect(read["key"] as? String == text)
        #expect(read[text] as? String == "value")
    }

    @Test func `a plain word needs no quotes, a number that is a text does`() throws {
        let value: JSONValue = ["word": "plain", "on": "2026-01-01", "count": 7]
        let written = try value.yamlText()
        #expect(written.contains("word: plain\n"))
        #expect(written.contains("\"on\": \"2026-01-01\"\n"))
        #expect(written.contains("count: 7\n"))
    }

    /// Each is something else than a text to PyYAML 6.0 (YAML 1.1), to a reader of YAML 1.2, or is a mark of YAML.
    @Test(arguments: [
        "", "~", "null", "Null", "NULL", "true", "TRUE", "false", "yes", "Yes", "no", "NO", "on", "Off", "y", "N",
        "0", "-1", "+1", "012", "0777", "0o17", "0b1010", "0x1F", "1_000", "1.5", "1.", ".5", "1e3", "1.0e+3", "-.inf",
        ".NaN", "1:30", "190:20:30", "2026-01-01", "2026-11-30 21:20:05", "2001-12-14t21:59:43.10-05:00", "<<", "=",
        "-", "- x", "? x", "---", "...", " x", "&a", "*a", "!t", "%x", "@x", "`x", "|", ">", "[a]", "{a}", "#x", ",",
    ])
    func `a text that some reader would misread stands in double quotes`(text: String) throws {
        let written = try JSONValue.object(["key": .string(text)]).yamlText()
        #expect(written == "key: \"\(text)\"\n")
    }

    @Test(arguments: ["x ", "x: y", "x:", "x #y", "two\nlines", "ends\n"])
    func `a text that begins as a word is quoted if its rest needs it`(text: String) throws {
        let written = try JSONValue.object(["key": .string(text)]).yamlText()
        #expect(written.hasPrefix("key: '") || written.hasPrefix("key: \""))
        let read = try #require(try Yams.load(yaml: written) as? [String: String])
        #expect(read == ["key": text])
    }

    /// YAML 1.1 reads `1e3` as a text.
    @Test(arguments: [
        ("1e3", "1.0e+3"), ("-1E21", "-1.0e+21"), ("1.5e-7", "1.5e-7"), ("2.5E+3", "2.5e+3"), ("0.1", "0.1"),
        ("-7", "-7"),
        ("12345678901234567890123", "12345678901234567890123"),
    ])
    func `a number is a number to every reader`(number: String, written: String) throws {
        let value = JSONValue.number(try #require(JSONNumber(number)))
        let text = try JSONValue.object(["key": value]).yamlText()
        #expect(text == "key: \(written)\n")
    }
}
