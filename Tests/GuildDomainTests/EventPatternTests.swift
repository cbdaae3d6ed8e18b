import GuildDomain
import Testing

/// The language itself; `EventPatternProblemTests` has what is refused, `EventRulerOracleTests` compares with aws/event-ruler's algorithm.
@Suite struct EventPatternTests {
    private func holds(_ pattern: String, _ event: String) throws -> Bool {
        let pattern = try EventPattern(parsing: JSONParser.parse(pattern))
        let event = try JSONParser.parse(event)
        #expect(pattern.matches(event) == (pattern.firstMismatch(in: event) == nil))
        return pattern.matches(event)
    }

    @Test(arguments: [
        (#"{"a": ["x", "y"]}"#, #"{"a": "y", "b": 1}"#, true),
        (#"{"a": ["x"]}"#, #"{"a": "X"}"#, false),
        (#"{"a": ["x"], "b": [1]}"#, #"{"a": "x", "b": 2}"#, false),
        (#"{"a": {"b": ["x"]}}"#, #"{"a": {"b": "x"}}"#, true),
        (#"{"a": [300]}"#, #"{"a": 3e2}"#, true),
        (#"{"a": [300]}"#, #"{"a": 300.0}"#, true),
        (#"{"a": [9007199254740993]}"#, #"{"a": 9007199254740992}"#, false),
        (#"{"a": ["300"]}"#, #"{"a": 300}"#, false),
        (#"{"a": [true]}"#, #"{"a": true}"#, true),
        (#"{"a": [true]}"#, #"{"a": "true"}"#, false),
    ]) func `literals match their own kind, numbers by value`(pattern: String, event: String, expected: Bool) throws {
        #expect(try holds(pattern, event) == expected)
    }

    @Test(arguments: [
        (#"{"a": [null]}"#, #"{"a": null}"#, true), (#"{"a": [null]}"#, #"{}"#, false),
        (#"{"a": [null]}"#, #"{"a": ""}"#, false), (#"{"a": [""]}"#, #"{"a": ""}"#, true),
        (#"{"a": [""]}"#, #"{"a": null}"#, false), (#"{"a": [""]}"#, #"{}"#, false),
        (#"{"a": [{"exists": true}]}"#, #"{"a": null}"#, true), (#"{"a": [{"exists": true}]}"#, #"{"a": ""}"#, true),
        (#"{"a": [{"exists": true}]}"#, #"{}"#, false), (#"{"a": [{"exists": false}]}"#, #"{}"#, true),
        (#"{"a": [{"exists": false}]}"#, #"{"a": null}"#, false),
        // Only a leaf exists: neither a mapping nor an empty list is one.
        (#"{"a": [{"exists": true}]}"#, #"{"a": {"b": 1}}"#, false),
        (#"{"a": [{"exists": false}]}"#, #"{"a": {"b": 1}}"#, true),
        (#"{"a": [{"exists": false}]}"#, #"{"a": []}"#, true),
        (#"{"a": [{"exists": false}, "x"]}"#, #"{}"#, true),
        (#"{"a": [{"exists": false}, "x"]}"#, #"{"a": "x"}"#, true),
        (#"{"a": [{"exists": false}, "x"]}"#, #"{"a": "y"}"#, false),
    ]) func `null, missing and the empty string differ`(pattern: String, event: String, expected: Bool) throws {
        #expect(try holds(pattern, event) == expected)
    }

    @Test(arguments: [
        (#"{"a": [{"prefix": "ab"}]}"#, #""abc""#, true), (#"{"a": [{"prefix": "ab"}]}"#, #""xab""#, false),
        (#"{"a": [{"prefix": ""}]}"#, #""""#, true), (#"{"a": [{"prefix": "1"}]}"#, "12", false),
        (#"{"a": [{"suffix": "bc"}]}"#, #""abc""#, true), (#"{"a": [{"suffix": "abcd"}]}"#, #""bcd""#, false),
        (#"{"a": [{"equals-ignore-case": "Straße"}]}"#, #""STRASSE""#, true),
        (#"{"a": [{"equals-ignore-case": "yes"}]}"#, #""YeS""#, true),
        (#"{"a": [{"equals-ignore-case": "yes"}]}"#, #""yess""#, false),
        (#"{"a": [{"prefix": {"equals-ignore-case": "EC"}}]}"#, #""ec2""#, true),
        (#"{"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}"#, #""x.pNg""#, true),
        (#"{"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}"#, #""x.pNgg""#, false),
        (#"{"a": [{"exactly": "x"}]}"#, #""x""#, true),
    ]) func `affixes and caseless text`(pattern: String, value: String, expected: Bool) throws {
        #expect(try holds(pattern, #"{"a": \#(value)}"#) == expected)
    }

    @Test(arguments: [
        ("*", "", true), ("a*", "a", true), ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "acb", false),
        ("*b*", "abc", true), ("*b*", "ac", false), ("a*a", "a", false), ("*aab", "aaab", true),
        ("*ab*ab", "xabyab", true), ("*ab*ab", "xab", false), (#"a\\*b"#, "a*b", true), (#"a\\*b"#, "axb", false),
        (#"a\\\\*"#, #"a\\x"#, true), ("a*b*c*d*", "abcd", true),
    ]) func `a wildcard stands for any run of characters`(pattern: String, value: String, expected: Bool) throws {
        #expect(try holds(#"{"a": [{"wildcard": "\#(pattern)"}]}"#, #"{"a": "\#(value)"}"#) == expected)
    }

    @Test func `a wildcard over hostile text takes linear time`() throws {
        let pattern = try EventPattern(
            parsing: ["a": [["wildcard": .string("*" + String(repeating: "a", count: 500) + "b*")]]])
        #expect(!pattern.matches(["a": .string(String(repeating: "a", count: 200_000))]))
    }

    @Test(arguments: [
        (#"[">", 0, "<=", 5]"#, "5", true), (#"[">", 0, "<=", 5]"#, "0", false), (#"[">", 0, "<=", 5]"#, "0.1", true),
        (#"[">", 0, "<=", 5]"#, "5.01", false), (#"["<", 10]"#, "-1e400", true), (#"["<", 10]"#, "10", false),
        (#"["=", 3.018e2]"#, "301.8", true), (#"[">=", 9007199254740993]"#, "9007199254740992", false),
        (#"[">=", -1]"#, "-1.0", true), (#"[">", 1]"#, #""2""#, false), (#"[">", 1]"#, "null", false),
    ]) func `numeric ranges compare decimals exactly`(range: String, value: String, expected: Bool) throws {
        #expect(try holds(#"{"a": [{"numeric": \#(range)}]}"#, #"{"a": \#(value)}"#) == expected)
    }

    @Test(arguments: [
        ("10.0.0.0/24", "10.0.0.255", true), ("10.0.0.0/24", "10.0.1.0", false), ("0.0.0.0/0", "255.255.255.255", true),
        ("10.0.0.7/32", "10.0.0.7", true), ("10.1.2.3/8", "10.9.9.9", true), ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ("2001:db8::/32", "2001:DB8:0:1::5", true), ("2001:db8::/32", "2001:db9::", false), ("::/0", "::1", true),
        ("::/0", "10.0.0.1", false), ("::1/128", "0:0:0:0:0:0:0:1", true), ("10.0.0.0/8", "10.0.0", false),
        ("10.0.0.0/8", "010.0.0.1", false), ("10.0.0.0/8", "10.0.0.1 ", false), ("::/0", "1::2::3", false),
        ("::/0", ":::", false), ("::/0", "1:2:3:4:5:6:7:8:9", false), ("::/0", "::1%eth0", false),
    ]) func `cidr takes both families`(block: String, address: String, expected: Bool) throws {
        #expect(try holds(#"{"a": [{"cidr": "\#(block)"}]}"#, #"{"a": "\#(address)"}"#) == expected)
    }

    @Test(arguments: [
        (#""x""#, #""y""#, true), (#""x""#, #""x""#, false), (#""x""#, "5", true), (#""x""#, "null", true),
        (#"["x", "y"]"#, #""y""#, false), ("[100, 200]", "1e2", false), ("100", #""100""#, true),
        (#"{"prefix": "in"}"#, #""init""#, false), (#"{"prefix": ["in", "er"]}"#, #""error""#, false),
        (#"{"prefix": ["in", "er"]}"#, #""ok""#, true), (#"{"suffix": ["1", "2"]}"#, #""a2""#, false),
        (#"{"suffix": "1"}"#, "1", true), (#"{"equals-ignore-case": ["Stop", "Halt"]}"#, #""HALT""#, false),
        (#"{"wildcard": ["*/bin/*.jar", "*.class"]}"#, #""/bin/x.jar""#, false),
        (#"{"wildcard": ["*/bin/*.jar", "*.class"]}"#, #""/bin/x.txt""#, true),
        // An array matches when any element does.
        (#""x""#, #"["x", "y"]"#, true), (#""x""#, #"["x", "x"]"#, false), (#""x""#, "[]", false),
        (#"{"prefix": "x"}"#, #"["xa", "b"]"#, true), (#"["x", "y"]"#, #"["x", "y"]"#, false),
    ]) func `anything-but`(excluded: String, value: String, expected: Bool) throws {
        #expect(try holds(#"{"a": [{"anything-but": \#(excluded)}]}"#, #"{"a": \#(value)}"#) == expected)
    }

    @Test func `anything-but needs the field to be there`() throws {
        #expect(try !holds(#"{"a": [{"anything-but": "x"}]}"#, "{}"))
        #expect(try !holds(#"{"a": [{"anything-but": "x"}]}"#, #"{"a": {}}"#))
    }

    // MARK: - Arrays

    @Test(arguments: [
        (#"{"a": ["x"]}"#, #"{"a": [["y"], ["x"]]}"#, true),
        (#"{"e": {"first": ["Anna"]}}"#, #"{"e": [[{"first": "John"}], [{"first": "Anna"}]]}"#, true),
        (
            #"{"e": {"first": ["Anna"], "last": ["Doe"]}}"#,
            #"{"e": [{"first": "John", "last": "Doe"}, {"first": "Anna", "last": "Smith"}]}"#, false
        ),
        (
            #"{"e": {"first": ["Anna"], "last": ["Smith"]}}"#,
            #"{"e": [{"first": "John", "last": "Doe"}, {"first": "Anna", "last": "Smith"}]}"#, true
        ),
        (#"{"o": {"i": {"x": [1], "y": [2]}}}"#, #"{"o": [{"i": [{"x": 1}]}, {"i": [{"y": 2}]}]}"#, false),
        (#"{"o": {"i": {"x": [1]}, "n": ["a"]}}"#, #"{"o": [{"n": "a", "i": [{"x": 1}]}]}"#, true),
        (#"{"o": {"i": {"x": [1]}, "n": ["a"]}}"#, #"{"o": [{"n": "a"}, {"i": [{"x": 1}]}]}"#, false),
        // Two arrays are independent of each other.
        (#"{"p": {"x": [1]}, "q": {"y": [2]}}"#, #"{"p": [{"x": 0}, {"x": 1}], "q": [{"y": 2}, {"y": 0}]}"#, true),
        // $or does not loosen it, nor does a dotted key or a pointer.
        (#"{"e": {"a": [1]}, "$or": [{"e": {"b": [2]}}, {"c": [3]}]}"#, #"{"e": [{"a": 1}, {"b": 2}]}"#, false),
        (#"{"e.a": [1], "/e/b": [2]}"#, #"{"e": [{"a": 1}, {"b": 2}]}"#, false),
        (#"{"e.a": [1], "/e/b": [2]}"#, #"{"e": [{"a": 1}, {"a": 1, "b": 2}]}"#, true),
    ]) func `conditions on one array hold for one element together`(pattern: String, event: String, expected: Bool)
        throws
    {
        #expect(try holds(pattern, event) == expected)
    }

    @Test(arguments: [
        // No element may have it …
        (#"{"e": {"a": [{"exists": false}]}}"#, #"{"e": [{"a": 1}, {"b": 1}]}"#, false),
        (#"{"e": {"a": [{"exists": false}]}}"#, #"{"e": [{"c": 1}, {"b": 1}, 5]}"#, true),
        // … unless an earlier field has settled on an element; fields are taken by name, as in aws/event-ruler.
        (#"{"e": {"b": [{"exists": false}], "a": [1]}}"#, #"{"e": [{"a": 1, "b": 2}, {"a": 1}]}"#, true),
        (#"{"e": {"b": [{"exists": false}], "a": [1]}}"#, #"{"e": [{"a": 1, "b": 2}]}"#, false),
        (#"{"e": {"a": [{"exists": false}], "b": [1]}}"#, #"{"e": [{"a": 1}, {"b": 1}]}"#, false),
        (#"{"e": {"a": [{"exists": false}], "b": [1]}}"#, #"{"e": [{"c": 1}, {"b": 1}]}"#, true),
    ]) func `absence in an array`(pattern: String, event: String, expected: Bool) throws {
        #expect(try holds(pattern, event) == expected)
    }

    // MARK: - $or and conveniences

    @Test func `choices of an or join with the other fields`() throws {
        let pattern = #"{"s": ["a"], "$or": [{"m": [1]}, {"t": [2], "$or": [{"x": [1]}, {"y": [1]}]}]}"#
        #expect(try holds(pattern, #"{"s": "a", "m": 1}"#))
        #expect(try holds(pattern, #"{"s": "a", "t": 2, "y": 1}"#))
        #expect(try !holds(pattern, #"{"s": "a", "t": 2}"#))
        #expect(try !holds(pattern, #"{"s": "b", "m": 1}"#))
        #expect(try holds(#"{"data.$or": [{"m": 1}, {"n": 1}]}"#, #"{"data": {"n": 1}}"#))
    }

    @Test func `a dotted key is a nested one, a pointer may contain dots, a scalar is a list of one`() throws {
        #expect(try holds(#"{"data.severity": "P1"}"#, #"{"data": {"severity": "P1"}}"#))
        #expect(try !holds(#"{"data.severity": "P1"}"#, #"{"data.severity": "P1"}"#))
        #expect(try holds(#"{"/data/labels/app.io~1name~0": "x"}"#, #"{"data": {"labels": {"app.io/name~": "x"}}}"#))
        #expect(try holds(#"{"data": {"/a.b": 1, "c.d": 2}}"#, #"{"data": {"a.b": 1, "c": {"d": 2}}}"#))
        #expect(try holds(#"{"a": null}"#, #"{"a": null}"#))
        #expect(try holds(#"{"/$or": 1}"#, #"{"$or": 1}"#))
        #expect(try holds(#"{"data": {"prefix": ["a"]}}"#, #"{"data": {"prefix": "a"}}"#))
    }

    // MARK: - Explanations

    @Test(arguments: [
        (
            #"{"data.severity": ["P0", "P1"]}"#, #"{"data": {"severity": "P3"}}"#,
            #"data.severity: expected "P0" or "P1", found "P3""#
        ),
        (
            #"{"a": 1, "b": [{"numeric": [">", 0, "<=", 5]}]}"#, #"{"a": 1}"#,
            "b: expected a number > 0 and <= 5, found nothing"
        ),
        (#"{"a": [{"exists": false}]}"#, #"{"a": null}"#, "a: expected no value, found null"),
        (#"{"a": [{"exists": true}]}"#, #"{"a": {"b": 1}}"#, "a: expected any value, found a mapping"),
        (#"{"a": "x"}"#, #"{"a": [1, 2, 3, 4, 5]}"#, #"a: expected "x", found 1, 2, 3, 4, …"#),
        (
            #"{"a": [{"anything-but": {"prefix": ["x", "y"]}}]}"#, #"{"a": "xx"}"#,
            #"a: expected anything but text beginning with "x" or text beginning with "y", found "xx""#
        ),
        (#"{"/a.b": "x"}"#, #"{}"#, #"/a.b: expected "x", found nothing"#),
        (
            #"{"e": {"x": 1, "y": 2}}"#, #"{"e": [{"x": 1}, {"y": 2}]}"#,
            "e.y: expected 2, found it only in another element of e than the rest"
        ),
        (#"{"$or": [{"a": 1}, {"b": 1, "c": 1}]}"#, #"{"b": 1}"#, "c: expected 1, found nothing"),
        (#"{"a": "x"}"#, #"[]"#, "the event: expected a mapping, found a list"),
        (#"{"a": "x"}"#, #"{"a": "\u001b[31m"}"#, #"a: expected "x", found "\u001b[31m""#),
    ]) func `the first field that failed is named`(pattern: String, event: String, expected: String) throws {
        let mismatch = try EventPattern(parsing: JSONParser.parse(pattern)).firstMismatch(in: JSONParser.parse(event))
        #expect(mismatch?.description == expected)
    }
}
