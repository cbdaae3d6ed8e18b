import GuildDomain
import Testing

struct JSONSelectionTests {
    private let selection: JSONSelection = ["a": .whole, "b": ["c": .whole, "d": ["e": .whole]]]

    private func select(_ text: String) throws -> JSONValue {
        try JSONParser.parse(Array(text.utf8), selecting: selection)
    }

    @Test func `only what is selected is kept`() throws {
        let text = #"{"x":[1,{"a":2}],"a":[{"y":1}],"b":{"c":"é\n","x":null,"d":{"e":true,"f":0}},"z":"a"}"#
        #expect(try select(text) == ["a": [["y": 1]], "b": ["c": "é\n", "d": ["e": true]]])
    }

    @Test func `of what should be an object anything else is null`() throws {
        #expect(try select(#"{"a":1,"b":[{"c":1}]}"#) == ["a": 1, "b": .null])
        #expect(try select("[1]") == .null)
        #expect(try select("{}") == [:])
    }

    @Test func `a key written with escapes is the same key`() throws {
        #expect(try select(#"{"\u0061":1,"\u0062":{"\u0063":2}}"#) == ["a": 1, "b": ["c": 2]])
    }

    @Test func `of a repeated key the last one counts`() throws {
        #expect(try select(#"{"a":1,"a":2}"#)["a"] == 2)
    }

    @Test(arguments: [
        #"{"x":"\q"}"#, "{\"x\":\"\u{1}\"}", #"{"x":01}"#, #"{"x":[1,]}"#, #"{"x":tru}"#, #"{"x":1} 2"#, #"{"x" 1}"#,
        #"{x:1}"#, #"{"x":{"y":}}"#, #"{"x":"\ud83"}"#, #"{"x":"#, #"{"x""#, #"{""#, "", #"{"a":1,}"#, #"{"x":1.}"#,
    ])
    func `what is not selected is checked all the same, with the same problem`(text: String) {
        let bytes = Array(text.utf8)
        let problem = #expect(throws: JSONParser.Problem.self) { try JSONParser.parse(bytes) }
        let selected = #expect(throws: JSONParser.Problem.self) {
            try JSONParser.parse(bytes, selecting: selection)
        }
        #expect(problem == selected)
    }

    @Test func `bytes that are not UTF-8 are refused where nothing is selected`() {
        for bytes in [[0xFF], [0xC3], [0xED, 0xA0, 0x80]] as [[UInt8]] {
            let text = Array(#"{"x":"long enough for words "#.utf8) + bytes + Array(#""}"#.utf8)
            #expect(throws: JSONParser.Problem.self) { try JSONParser.parse(text, selecting: selection) }
        }
    }

    @Test func `depth is bounded where nothing is selected`() {
        let deep = #"{"x":"# + String(repeating: "[", count: 100_000)
        #expect(throws: JSONParser.Problem.self) { try JSONParser.parse(Array(deep.utf8), selecting: selection) }
    }

    @Test func `a string ends where it ends, wherever in a word that is`() throws {
        for length in 0...40 {
            let plain = String(repeating: "x", count: length)
            for tail in ["", "é", "\\n", "\\u0041z"] {
                let text = "[\"\(plain)\(tail)\", 1]"
                let expected = plain + ["": "", "é": "é", "\\n": "\n", "\\u0041z": "Az"][tail, default: "?"]
                #expect(try JSONParser.parse(text) == [.string(expected), 1])
                #expect(try select("{\"x\":\(text)}") == [:])
            }
        }
    }
}
