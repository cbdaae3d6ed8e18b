import GuildDomain
import Testing

/// The index against the plain interpreter, and that it looks at few rules.
@Suite struct PatternIndexTests {
    private static func index(_ patterns: [String]) throws -> PatternIndex {
        PatternIndex(try patterns.map { PatternIndex.Rule(try EventPattern(parsing: JSONParser.parse($0))) })
    }

    @Test func `the index finds the rules that the interpreter finds, over random patterns and events`() throws {
        var random = SeededGenerator(state: 4_201_122)
        var (matched, compared, tried) = (0, 0, 0)
        for round in 0..<60 {
            // Few rules keep one level, many make the index split its buckets.
            let json = (0..<[1, 10, 120][round % 3]).map { _ in RandomPatterns.pattern(&random) }
            let patterns = try json.map { try EventPattern(parsing: $0) }
            let index = PatternIndex(patterns.map { PatternIndex.Rule($0) })
            for _ in 0..<30 {
                let event = RandomPatterns.event(&random)
                let expected = patterns.indices.filter { patterns[$0].firstMismatch(in: event) == nil }
                let found = index.rules(matching: event)
                compared += patterns.count
                matched += expected.count
                tried += index.tried(for: event)
                guard found != expected else { continue }
                let wrong = Set(found).symmetricDifference(expected).sorted().prefix(3).map { json[$0].text() }
                Issue.record("on \(event.text()): \(found.count) instead of \(expected.count), wrong: \(wrong)")
                return
            }
        }
        // It would prove nothing if hardly any matched, or if all were tried.
        #expect(matched > compared / 50)
        #expect(tried < compared / 2)
    }

    @Test func `beginnings and ends are found whatever they have in common`() throws {
        var random = SeededGenerator(state: 77)
        let letters = ["a", "b", "\u{0}", "é"]
        func text(_ most: Int) -> String {
            (0..<Int.random(in: 1...most, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }
                .joined()
        }
        for round in 0..<40 {
            // A stem that all share, short and long, and entries that differ only behind their eighth byte.
            let stem = ["", "acme/shop-", "aaaaaaaa"][round % 3]
            let affixes = (0..<60).map { _ in stem + text(round.isMultiple(of: 2) ? 3 : 14) }
            for kind in ["prefix", "suffix"] {
                let patterns = try affixes.map { try EventPattern(parsing: ["a": [[kind: .string($0)]]]) }
                let index = PatternIndex(patterns.map { PatternIndex.Rule($0) })
                for _ in 0..<40 {
                    let value = stem.dropLast(Int.random(in: 0...1, using: &random)) + text(16)
                    let event: JSONValue = ["a": .string(kind == "prefix" ? String(value) : text(4) + stem + text(6))]
                    let expected = patterns.indices.filter { patterns[$0].matches(event) }
                    #expect(index.rules(matching: event) == expected, "\(event.text())")
                }
            }
        }
    }

    @Test func `rules are found by every kind of value that a table holds`() throws {
        let patterns = [
            #"{"a": ["x"]}"#, #"{"a": [300]}"#, #"{"a": [true]}"#, #"{"a": [null]}"#, #"{"a": [{"prefix": "ab"}]}"#,
            #"{"a": [{"suffix": "yz"}]}"#, #"{"a": [{"equals-ignore-case": "YeS"}]}"#,
            #"{"a": [{"prefix": {"equals-ignore-case": "Ab"}}]}"#,
            #"{"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}"#, #"{"a": [{"wildcard": "ab*yz"}]}"#,
            #"{"a": [{"wildcard": "*z"}]}"#, #"{"a": [{"numeric": [">", 5, "<", 6]}]}"#,
            #"{"a": [{"numeric": ["=", 7]}]}"#,
            #"{"a": [{"cidr": "10.1.2.3/8"}]}"#, #"{"a": [{"cidr": "2001:db8::/32"}]}"#, #"{"a": [{"exists": true}]}"#,
            #"{"a": [{"exists": false}]}"#, #"{"a": [{"anything-but": "x"}]}"#, #"{"a": [{"wildcard": "*mid*"}]}"#,
            #"{"a": [{"equals-ignore-case": "Straße"}]}"#,
        ]
        let index = try Self.index(patterns)
        let cases: [(String, [Int])] = [
            (#""x""#, [0, 15]), ("3e2", [1, 15, 17]), ("true", [2, 15, 17]), ("null", [3, 15, 17]),
            (#""ab-yz""#, [4, 5, 7, 9, 10, 15, 17]), (#""yes""#, [6, 15, 17]), (#""aBc.Png""#, [7, 8, 15, 17]),
            ("5.5", [11, 15, 17]), ("5", [15, 17]), ("7.0", [12, 15, 17]), (#""10.200.0.1""#, [13, 15, 17]),
            (#""::ffff:10.0.0.1""#, [13, 15, 17]), (#""2001:DB8::9""#, [14, 15, 17]), (#""a-mid-b""#, [15, 17, 18]),
            (#""STRASSE""#, [15, 17, 19]), ("[]", [16]), (#"{"b": 1}"#, [16]), (#"["x", ["q", 300]]"#, [0, 1, 15, 17]),
        ]
        for (value, expected) in cases {
            let event = try JSONParser.parse(#"{"a": \#(value)}"#)
            #expect(index.rules(matching: event) == expected, "\(value)")
        }
        #expect(index.rules(matching: [:]) == [16])
        #expect(index.rules(matching: ["not": "a"]) == [16])
        #expect(index.rules(matching: [1, 2]) == [])
        #expect(PatternIndex([]).rules(matching: [:]) == [])
    }

    @Test(arguments: [
        "literal", "prefix", "nested prefix", "suffix", "range", "network", "pair of common literals", "in an array",
    ])
    func `rules that do not match are not looked at`(kind: String) throws {
        let patterns = (0..<2000).map { number in
            switch kind {
            case "literal": #"{"system": ["github"], "data": {"id": ["r\#(number)"]}}"#
            case "prefix": #"{"system": ["github"], "data": {"id": [{"prefix": "r\#(number)-"}]}}"#
            case "nested prefix":
                #"{"data": {"id": [{"prefix": "\#(String(repeating: "r", count: number % 900 + 2))"}]}}"#
            case "suffix": #"{"data": {"id": [{"suffix": "-r\#(number)"}]}}"#
            case "range": #"{"data": {"n": [{"numeric": [">=", \#(number), "<", \#(number + 1)]}]}}"#
            case "network": #"{"data": {"ip": [{"cidr": "10.\#(number / 250).\#(number % 250).0/24"}]}}"#
            case "pair of common literals": #"{"data": {"x": [\#(number % 40)], "y": [\#(number / 40)]}}"#
            default: #"{"data": {"list": {"id": ["r\#(number)"], "kind": ["b"]}}}"#
            }
        }
        let index = try Self.index(patterns)
        let event = try JSONParser.parse(
            """
            {"system": "github", "data": {"id": "r7-r9", "n": 12.5, "ip": "10.1.4.9", "x": 3, "y": 7,
             "list": [{"id": "r5", "kind": "a"}, {"id": "r6", "kind": "b"}]}}
            """)
        #expect(index.tried(for: event) <= 4)
        let expected = try patterns.indices.filter {
            try EventPattern(parsing: JSONParser.parse(patterns[$0])).matches(event)
        }
        #expect(index.rules(matching: event) == expected)
    }

    @Test func `a hostile event opens each bucket once`() throws {
        let index = try Self.index((0..<300).map { #"{"a": {"b": ["x"], "c": [\#($0 % 2)]}}"# })
        let element: JSONValue = ["b": "x", "c": 2]
        let event: JSONValue = ["a": .array(Array(repeating: element, count: 5000))]
        #expect(index.tried(for: event) == 0)
        let long = JSONValue.string(String(repeating: "a", count: 1 << 20))
        #expect(try Self.index([#"{"a": [{"prefix": "aab"}]}"#]).rules(matching: ["a": long]) == [])
    }

    @Test func `a pattern whose choices multiply stays within the room of the index`() throws {
        let list = { (count: Int) in (0..<count).map { "\"v\($0)\"" }.joined(separator: ",") }
        let values = list(400)
        let choice = { (key: String) in
            "[" + (0..<20).map { "{\"\(key)\($0)\": [\(list(80))]}" }.joined(separator: ",") + "]"
        }
        let pattern = "{\"a\": [\(values)], \"$or\": \(choice("p")), \"x\": {\"$or\": \(choice("q"))}}"
        let index = try Self.index([pattern])
        #expect(index.rules(matching: ["a": "v1", "p3": "v2", "x": ["q4": "v3"]]) == [0])
        #expect(index.rules(matching: ["a": "v1", "p3": "v2", "x": ["q4": "no"]]) == [])
    }

    @Test func `what must hold beside a pattern is looked up and asked for`() throws {
        let globs: [Glob] = ["issues.*", "ISSUE_OPENED"]
        let index = PatternIndex([
            PatternIndex.Rule(nil, requirements: [.globs(globs, at: [["type"], ["guildevent"]])]),
            PatternIndex.Rule(nil, requirements: [.text(inAnyCase: "GitHub", at: ["system"])]),
            PatternIndex.Rule(nil, requirements: [.text("/s", at: ["source"])]), PatternIndex.Rule(nil),
        ])
        #expect(index.rules(matching: ["type": "issues.opened"]) == [0, 3])
        #expect(index.rules(matching: ["type": "x", "guildevent": "ISSUE_OPENED", "system": "GITHUB"]) == [0, 1, 3])
        #expect(index.rules(matching: ["source": "/s"]) { $0 != 3 } == [2])
    }
}

/// Patterns and events over few names and values, so that they often meet.
private enum RandomPatterns {
    private static let keys = ["a", "b", "c", "d.e"]
    private static let texts = ["x", "xy", "xyz", "X", "Xy", "", "10.0.0.1", "10.1.0.1", "::1", "éa", "É"]
    private static let numbers = ["0", "1", "1.0", "1e0", "1.5", "2", "-3", "100000000000000000001", "1e400", "0.1"]

    static func leaf(_ random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2...4: return number(&random)
        default: return .string(texts.randomElement(using: &random) ?? "x")
        }
    }

    private static func number(_ random: inout SeededGenerator) -> JSONValue {
        JSONNumber(numbers.randomElement(using: &random) ?? "0").map { .number($0) } ?? 0
    }

    static func event(_ random: inout SeededGenerator) -> JSONValue { object(3, &random) }

    private static func object(_ depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        .object(
            JSONObject(
                keys.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }.map { ($0, value(depth, &random)) }))
    }

    private static func value(_ depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        switch depth == 0 ? 5 : Int.random(in: 0..<8, using: &random) {
        case 0: return .array((0..<Int.random(in: 0..<4, using: &random)).map { _ in value(depth - 1, &random) })
        case 1: return .array((0..<Int.random(in: 0..<4, using: &random)).map { _ in object(depth - 1, &random) })
        case 2...3: return object(depth - 1, &random)
        default: return leaf(&random)
        }
    }

    static func pattern(_ random: inout SeededGenerator) -> JSONValue {
        guard Int.random(in: 0..<4, using: &random) == 0 else { return mapping(keys, 2, &random) }
        var pattern = mapping(["a", "b"], 1, &random).object ?? JSONObject()
        pattern["$or"] = .array(
            (0..<Int.random(in: 2...3, using: &random)).map { _ in mapping(["c", "d.e"], 1, &random) })
        return .object(pattern)
    }

    private static func mapping(_ keys: [String], _ depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        let count = Int.random(in: 1...min(3, keys.count), using: &random)
        return .object(
            JSONObject(
                keys.shuffled(using: &random).prefix(count).map { key in
                    let isDeep = depth > 0 && Int.random(in: 0..<3, using: &random) == 0
                    // A key with a dot is written as a pointer.
                    return (
                        key.contains(".") ? "/" + key : key,
                        isDeep ? mapping(self.keys, depth - 1, &random) : accepted(&random)
                    )
                }))
    }

    private static func accepted(_ random: inout SeededGenerator) -> JSONValue {
        .array((0..<Int.random(in: 1...3, using: &random)).map { _ in anyTest(&random) })
    }

    private static func anyTest(_ random: inout SeededGenerator) -> JSONValue {
        let text = JSONValue.string(texts.randomElement(using: &random) ?? "x")
        let some = JSONValue.string(["x", "X", "yz", "é"].randomElement(using: &random) ?? "x")
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return ["prefix": some]
        case 1: return ["suffix": some]
        case 2: return ["prefix": ["equals-ignore-case": text]]
        case 3: return ["suffix": ["equals-ignore-case": text]]
        case 4: return ["equals-ignore-case": text]
        case 5:
            return [
                "wildcard": .string(["x*", "*y*", "X*z", "*z", "*", "10.*.1"].randomElement(using: &random) ?? "*")
            ]
        case 6: return ["numeric": [">", number(&random)]]
        case 7: return ["numeric": ["<=", number(&random)]]
        case 8: return ["numeric": [">=", 0, "<", 2]]
        case 9: return ["numeric": ["=", number(&random)]]
        case 10:
            return [
                "cidr": .string(
                    ["10.0.0.0/16", "10.0.0.0/8", "::/0", "0.0.0.0/0"].randomElement(using: &random) ?? "::/0")
            ]
        case 11: return ["exists": true]
        case 12: return ["exists": false]
        case 13: return ["anything-but": text]
        case 14: return ["anything-but": ["prefix": some]]
        case 15: return ["anything-but": [1, 2]]
        default: return leaf(&random)
        }
    }
}
