import GuildDomain
import Testing

@Suite struct JSONParserTests {
    private static let document =
        #"{"a": [1, -2.5e+3, true, false, null], "text": "é \"\\\/\b\f\n\r\t\u00e9 \ud83d\ude00", "o": {"k": {}}, "e": []}"#

    @Test func `a document keeps its order and its numbers' text`() throws {
        let value = try JSONParser.parse(#"{"z": 1.50, "a": 3e2, "m": {"y": 0, "x": -0}}"#)
        #expect(value.object?.keys == ["z", "a", "m"])
        #expect(value.text() == #"{"z":1.50,"a":3e2,"m":{"y":0,"x":-0}}"#)
        #expect(value.text(.canonical) == #"{"a":3e2,"m":{"x":-0,"y":0},"z":1.50}"#)
        #expect(value.text(.pretty).split(separator: "\n").count == 8)
    }

    @Test func `a byte order mark is named`() {
        let problem = #expect(throws: JSONParser.Problem.self) { try JSONParser.parse("\u{FEFF}{}") }
        #expect(problem?.message.contains("byte order mark") == true)
    }

    @Test func `what is written is read again`() throws {
        let value = try JSONParser.parse(Self.document)
        for layout in [JSONValue.Layout.compact, .pretty, .canonical, .embedded] {
            let again = try JSONParser.parse(value.text(layout))
            #expect(again.text(.canonical) == value.text(.canonical))
        }
        #expect(value["text"]?.string == "é \"\\/\u{8}\u{C}\n\r\té 😀")
        #expect(value.value(at: ["a", "1"])?.integer == -2500)
        #expect(value.value(at: ["a", "9"]) == nil)
        #expect(value.value(at: ["text", "x"]) == nil)
    }

    @Test(arguments: [0, 1, 7, 8, 9, 15, 16, 17, 40])
    func `what must be escaped is escaped wherever it stands in a string`(place: Int) throws {
        for scalar in (0...0x80).compactMap(Unicode.Scalar.init) + ["é", "\u{2028}", "😀"] {
            var text = String(repeating: "a", count: 41)
            text.insert(Character(scalar), at: text.index(text.startIndex, offsetBy: place))
            let value: JSONValue = ["k": [.string(text), .string(String(scalar)), 15, true, false, .null]]
            let written = value.text()
            #expect(try JSONParser.parse(written) == value)
            #expect(written.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            #expect(value.byteCount == written.utf8.count)
        }
    }

    @Test func `the length of a text is known without writing it`() throws {
        for text in ["{}", "[]", "[1]", "[[],{}]", #"{"a":{"b":[1,2,-3.5e7]},"\n":"\u0001\"\\"}"#, #""é😀""#, "true"] {
            let value = try JSONParser.parse(text)
            #expect(value.byteCount == value.bytes().count)
        }
    }

    @Test func `an embedded text holds no end of a tag, and reads as the same document`() throws {
        let value: JSONValue = [
            "</event>": [.string("<</x></event>"), "<", "/", "</", "a < b / c", "\"/ \u{22}</\u{22}"], "n": 1,
        ]
        let text = value.text(.embedded)
        #expect(!text.contains("</"))
        #expect(try JSONParser.parse(text) == value)
        #expect(text.replacing("<\\/", with: "</") == value.text(.pretty))
    }

    @Test func `a document cut off anywhere is refused`() {
        let bytes = Array(Self.document.utf8)
        for length in 0..<bytes.count {
            #expect(throws: JSONParser.Problem.self) { try JSONParser.parse(Array(bytes[..<length])) }
        }
    }

    @Test func `a document with any byte changed parses or is refused, and never traps`() {
        let bytes = Array(Self.document.utf8)
        for index in bytes.indices {
            for byte in [0x00, 0x22, 0x5C, 0x7B, 0x80, 0xC3, 0xED, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = byte
                // Either outcome is right; only a trap is not.
                _ = try? JSONParser.parse(changed)
            }
        }
    }

    @Test(arguments: [
        "01", "+1", ".5", "1.", "1e", "1e+", "-", "0x1", "NaN", "Infinity", "--1", "1 2", "tru", "nul", "TRUE", "'a'",
        "[1,]",
        "[,1]", "{,}", #"{"a":1,}"#, #"{"a" 1}"#, #"{a: 1}"#, #"{1: 1}"#, "[1 2]", "]", "}", "\"\\x\"", "\"\\u12g4\"",
        "\"\\u12\"", "\"\t\"", "\"\u{0}\"", "\u{FEFF}1", "// a\n1", "", " ", "\"a", "\u{B}1",
    ]) func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONParser.Problem.self) { try JSONParser.parse(text) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
            [0x22, 0xC3, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0xFF], [0x7B, 0x22, 0x80, 0x22, 0x3A, 0x31, 0x7D],
        ] as [[UInt8]]) func `text that is not UTF-8 is refused`(bytes: [UInt8])
    {
        #expect(throws: JSONParser.Problem.self) { try JSONParser.parse(bytes) }
    }

    @Test(arguments: [
        (#""\ud800""#, "\u{FFFD}"), (#""\udc00""#, "\u{FFFD}"), (#""\ud800\ud800""#, "\u{FFFD}\u{FFFD}"),
        (#""\ud800\n""#, "\u{FFFD}\n"), (#""\ud800\u0041""#, "\u{FFFD}A"), (#""\udbff\udfff""#, "\u{10FFFF}"),
        (#""a\udc00\ud83d\ude00""#, "a\u{FFFD}😀"), (#""\u0000""#, "\u{0}"),
    ]) func `a lone surrogate becomes the replacement character`(text: String, expected: String) throws {
        #expect(try JSONParser.parse(text).string?.unicodeScalars.elementsEqual(expected.unicodeScalars) == true)
    }

    @Test(arguments: ["[", "{\"a\":", "[[],[", "[{\"a\":["]) func `hostile depth is refused`(unit: String) {
        #expect(throws: JSONParser.Problem.self) { try JSONParser.parse(String(repeating: unit, count: 100_000)) }
    }

    @Test func `depth and size have their exact limits`() throws {
        let text = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(try JSONParser.parse(text).array?.count == 1)
        #expect(throws: JSONParser.Problem.self) { try JSONParser.parse("[" + text + "]") }
        #expect(try JSONParser.parse("1234", limits: .init(bytes: 4)).integer == 1234)
        let problem = #expect(throws: JSONParser.Problem.self) {
            try JSONParser.parse("12345", limits: .init(bytes: 4))
        }
        #expect(problem?.message == "not JSON at byte 4: larger than 4 bytes")
    }

    @Test func `an object of many members and many repeated keys stays fast to look up`() throws {
        let text = "{" + (0..<20_000).map { "\"k\($0 % 10_000)\":\($0)" }.joined(separator: ",") + "}"
        let value = try JSONParser.parse(text)
        #expect((0..<10_000).allSatisfy { value["k\($0)"]?.integer == Int64($0 + 10_000) })
    }

    @Test func `control characters are escaped when written`() {
        #expect(JSONValue.string("\u{1B}[0m\u{7F}\u{1F}\n\"\\").text() == #""\u001b[0m\u007f\u001f\n\"\\""#)
    }

    @Test func `members can be set and removed`() {
        var object: JSONObject = ["a": 1, "b": 2, "a": 3]
        #expect(object["a"] == 3)
        object["b"] = 5
        object["a"] = nil
        #expect(object.members.map(\.key) == ["b"])
        #expect(object["a"] == nil)
    }
}
