import GuildDomain
import Testing

@Suite struct EventPatternProblemTests {
    @Test(arguments: [
        ("[]", "on: found a list, expected a mapping of fields"),
        ("{}", "on: has no fields; name at least one"),
        (#"{"a": {}}"#, "on.a: has no fields; name at least one"),
        (#"{"a": []}"#, "on.a: has an empty list, which matches nothing"),
        (#"{"a": [["x"]]}"#, "on.a: found a list within the list of values"),
        (#"{"a": [{"prefix": "a", "suffix": "b"}]}"#, "on.a: an operator is a mapping of exactly one key, found 2"),
        (#"{"a": ["x", {"prefix": 1}]}"#, "on.a[1].prefix: found a number, expected a string"),
        (#"{"a": [{"wildcard": "a**b"}]}"#, "on.a.wildcard: has two '*' in a row; one means the same"),
        (#"{"a": [{"wildcard": "*a*b*c*d*"}]}"#, "on.a.wildcard: has more than 4 '*'"),
        (
            #"{"a": [{"wildcard": "\\x"}]}"#,
            "on.a.wildcard: a backslash is allowed only before '*' or another backslash"
        ),
        (
            #"{"a": [{"wildcard": "x\\"}]}"#,
            "on.a.wildcard: a backslash is allowed only before '*' or another backslash"
        ),
        (#"{"a": [{"exists": "yes"}]}"#, "on.a.exists: found a string, expected true or false"),
        (
            #"{"a": [{"numeric": ["<", 5, ">", 0]}]}"#,
            "on.a.numeric: a range gives its lower bound first: [\">\", 0, \"<=\", 5]"
        ),
        (#"{"a": [{"numeric": [">", 5, "<", 5]}]}"#, "on.a.numeric: no number is > 5 and < 5"),
        (#"{"a": [{"numeric": ["~", 5]}]}"#, "on.a.numeric: expected one of = > >= < <=, found \"~\""),
        (#"{"a": [{"numeric": [">", "5"]}]}"#, "on.a.numeric: '>' needs a number, found a string"),
        (#"{"a": [{"numeric": [">"]}]}"#, "on.a.numeric: takes a list such as [\">\", 0] or [\">\", 0, \"<=\", 5]"),
        (
            #"{"a": [{"cidr": "10.0.0.0/33"}]}"#,
            "on.a.cidr: '10.0.0.0/33' is not a block of addresses such as 10.0.0.0/8 or 2001:db8::/32"
        ),
        (
            #"{"a": [{"anything-but": ["x", 1]}]}"#,
            "on.a.anything-but: mixes strings and numbers; it takes only the one or only the other"
        ),
        (#"{"a": [{"anything-but": null}]}"#, "on.a.anything-but: found null, expected strings or numbers"),
        (#"{"a": [{"anything-but": []}]}"#, "on.a.anything-but: has an empty list"),
        (
            #"{"a": [{"anything-but": {"prefix": ""}}]}"#,
            "on.a.anything-but.prefix: is empty, which excludes every text"
        ),
        (#"{"$or": [{"a": 1}]}"#, "on.$or: must be a list of at least two mappings of fields"),
        (#"{"$or": [{"a": 1}, 5]}"#, "on.$or[1]: found a number, expected a mapping of fields"),
        (#"{"a": {"b": 1}, "a.b": 2}"#, "on.a.b: the field a.b occurs here a second time"),
        (#"{"a": 1, "a": 2}"#, "on.a: the field a occurs here a second time"),
        (#"{"/a/b": 1, "a.b": 2}"#, "on.a.b: the field a.b occurs here a second time"),
        (#"{"a": 1, "$or": [{"b": 1}, {"a": 2}]}"#, "on.$or: the field a occurs here a second time"),
        (#"{"a..b": 1}"#, "on.a..b: has an empty step between dots; a key that contains a dot is written \"/a.b\""),
        (#"{"/a~2": 1}"#, "on./a~2: '~' in a JSON Pointer must be written '~0'"),
        (
            #"{"a": {"prefix": "x"}}"#,
            "on.a.prefix: an operator belongs in a list: [{\"prefix\": …}]; a field of that name is written \"/prefix\""
        ),
        (
            #"{"a": {"anything-but": ["x"]}}"#,
            "on.a.anything-but: an operator belongs in a list: [{\"anything-but\": …}]; "
                + "a field of that name is written \"/anything-but\""
        ),
    ]) func `what is wrong is said with its place`(pattern: String, message: String) throws {
        let json = try JSONParser.parse(pattern)
        let problem = #expect(throws: EventPattern.Problem.self) { try EventPattern(parsing: json, at: "on") }
        #expect(problem?.message == message)
    }

    @Test func `a misspelt operator suggests the nearest one`() throws {
        let problem = #expect(throws: EventPattern.Problem.self) {
            try EventPattern(parsing: ["a": [["prefx": "x"]]])
        }
        #expect(problem?.path == "a")
        #expect(problem?.hint == "did you mean 'prefix'?")
    }

    @Test func `sizes are bounded`() throws {
        func refused(_ json: JSONValue) -> Bool {
            do throws(EventPattern.Problem) {
                _ = try EventPattern(parsing: json)
                return false
            } catch {
                return true
            }
        }
        var deep: JSONValue = 1
        for _ in 0..<100 { deep = ["a": deep] }
        #expect(refused(deep))
        #expect(refused([String(repeating: "a.", count: 40) + "a": 1]))
        #expect(refused(.object(JSONObject((0...EventPattern.Limit.fields).map { ("f\($0)", 1) }))))
        #expect(!refused(.object(JSONObject((0..<EventPattern.Limit.fields).map { ("f\($0)", 1) }))))
        #expect(refused(["a": .array((0...EventPattern.Limit.values).map { .integer($0) })]))
        #expect(refused(["a": .string(String(repeating: "x", count: EventPattern.Limit.valueBytes + 1))]))
        // 2¹⁰ alternatives, then 3⁴⁰.
        #expect(refused(.object(JSONObject((0..<10).map { ("o\($0).$or", [["a": 1], ["b": 1]]) }))))
        #expect(!refused(.object(JSONObject((0..<9).map { ("o\($0).$or", [["a": 1], ["b": 1]]) }))))
        #expect(refused(.object(JSONObject((0..<40).map { ("o\($0).$or", [["a": 1], ["b": 1], ["c": 1]]) }))))
        var nested: JSONValue = ["x": 1]
        for _ in 0..<60 { nested = ["$or": [nested, ["y": 1]]] }
        #expect(refused(nested))
    }

    @Test func `an exact pattern is hashable and equal to itself`() throws {
        let json: JSONValue = ["a": ["x", ["prefix": "y"]], "b": [["cidr": "10.0.0.0/8"]]]
        #expect(try Set([EventPattern(parsing: json), EventPattern(parsing: json)]).count == 1)
    }
}
