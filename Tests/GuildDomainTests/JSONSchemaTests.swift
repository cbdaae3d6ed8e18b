import GuildDomain
import Testing

@Suite struct JSONSchemaTests {
    private func problems(_ schema: String, _ value: String) throws -> [String] {
        try JSONSchema(parsing: JSONParser.parse(schema)).problems(in: JSONParser.parse(value)).map(\.description)
    }

    @Test(arguments: [
        ("{}", "5"), ("true", "null"), (##"{"type": "integer"}"##, "3.0"), (##"{"type": "integer"}"##, "1e300"),
        (##"{"type": ["string", "null"]}"##, "null"), (##"{"type": "number"}"##, "1.5"),
        (##"{"enum": [1, "a"]}"##, "1.0"),
        (##"{"const": {"a": 1, "b": 2}}"##, ##"{"b": 2.0, "a": 1}"##), (##"{"maxLength": 2}"##, ##""😀😀""##),
        (##"{"minLength": 2}"##, ##""e\u0301""##), (##"{"minLength": 5}"##, "5"),
        (##"{"minimum": 3, "maximum": 3}"##, "3"),
        (##"{"multipleOf": 5}"##, "1e30"), (##"{"uniqueItems": true}"##, "[1, 2, [1]]"),
        (##"{"uniqueItems": false}"##, "[1, 1]"),
        (##"{"prefixItems": [{"type": "string"}], "items": {"type": "number"}}"##, ##"["a", 1, 2]"##),
        (##"{"prefixItems": [{"type": "string"}]}"##, "[]"), (##"{"required": ["a"]}"##, ##"{"a": null}"##),
        (##"{"required": ["a"]}"##, "[]"), (##"{"properties": {"a": {"type": "string"}}}"##, ##"{"b": 1}"##),
        (##"{"additionalProperties": {"type": "number"}, "properties": {"a": true}}"##, ##"{"a": "x", "b": 1}"##),
        (##"{"oneOf": [{"type": "integer"}, {"minimum": 10}]}"##, "3"), (##"{"not": {"type": "string"}}"##, "1"),
        (##"{"$ref": "#/$defs/n", "$defs": {"n": {"type": "number"}}}"##, "1"),
        (##"{"$defs": {"a/b": {"type": "number"}}, "items": {"$ref": "#/$defs/a~1b"}}"##, "[1]"),
        (##"{"definitions": {"n": {"type": "number"}}, "items": {"$ref": "#/definitions/n"}}"##, "[1]"),
        (##"{"properties": {"next": {"$ref": "#"}}, "required": ["v"]}"##, ##"{"v": 1, "next": {"v": 2}}"##),
        (##"{"title": "t", "description": "d", "default": 1, "format": "date", "examples": [], "x-more": 1}"##, "1"),
    ]) func `a valid value has no problems`(schema: String, value: String) throws {
        #expect(try problems(schema, value).isEmpty)
    }

    @Test(arguments: [
        ("false", "1", "is not allowed here"),
        (##"{"type": "integer"}"##, "1.5", "expected a whole number, found the number 1.5"),
        (##"{"type": ["string", "null"]}"##, "[]", "expected a string or null, found a list"),
        (##"{"enum": ["low", "high"]}"##, ##""mid""##, ##"found "mid", expected one of "low", "high""##),
        (##"{"const": 1}"##, "2", "must be 1"),
        (##"{"minLength": 2}"##, ##""é""##, "has 1 characters, expected at least 2"),
        (##"{"minimum": 0.5}"##, "0.4", "is 0.4, expected at least 0.5"),
        (
            ##"{"exclusiveMaximum": 9007199254740993}"##, "9007199254740993",
            "is 9007199254740993, expected below 9007199254740993"
        ),
        (##"{"multipleOf": 5}"##, "7", "is 7, expected a multiple of 5"),
        (##"{"maxItems": 1}"##, "[1, 2]", "has 2 items, expected at most 1"),
        (##"{"uniqueItems": true}"##, ##"[{"a": 1, "b": 1}, {"b": 1, "a": 1.0}]"##, "has the same item twice"),
        (##"{"items": {"type": "string"}}"##, ##"["a", 1]"##, "/1: expected a string, found the number 1"),
        (##"{"items": false, "prefixItems": [true]}"##, "[1, 2]", "/1: is not allowed here"),
        (##"{"required": ["title"]}"##, ##"{"titel": 1}"##, "'title' is missing; is 'titel' meant for it?"),
        (
            ##"{"properties": {"labels": {}}, "additionalProperties": false}"##, ##"{"lables": 1}"##,
            "/lables: is not a member of this mapping; did you mean 'labels'?"
        ),
        (##"{"minProperties": 1}"##, "{}", "has 0 members, expected at least 1"),
        (
            ##"{"properties": {"a/b": {"properties": {"c~": {"type": "null"}}}}}"##, ##"{"a/b": {"c~": 1}}"##,
            "/a~1b/c~0: expected null, found the number 1"
        ),
        (
            ##"{"anyOf": [{"type": "string"}, {"type": "null"}]}"##, "1",
            "matches none of 2 allowed forms; nearest: expected a string, found the number 1"
        ),
        (
            ##"{"oneOf": [{"type": "integer"}, {"minimum": 1}]}"##, "3",
            "matches 2 of the schemas, expected exactly one"
        ),
        (##"{"allOf": [{"minimum": 1}, {"maximum": 0}]}"##, "1", "is 1, expected at most 0"),
        (##"{"not": {"required": ["a"]}}"##, ##"{"a": 1}"##, "is excluded by this schema"),
        (
            ##"{"properties": {"next": {"$ref": "#"}}, "required": ["v"]}"##, ##"{"v": 1, "next": {}}"##,
            "/next: 'v' is missing"
        ),
    ]) func `what is wrong is said with its place`(schema: String, value: String, problem: String) throws {
        #expect(try problems(schema, value) == [problem])
    }

    @Test(arguments: [
        ("5", "JSON Schema at '#': found a number, expected a mapping, true or false"),
        (
            ##"{"properties": {"a": {"type": "strin"}}}"##,
            "JSON Schema at '#/properties/a/type': found \"strin\", "
                + "expected null, boolean, integer, number, string, array, object"
        ),
        (##"{"type": []}"##, "JSON Schema at '#/type': has an empty list"),
        (##"{"pattern": "^a"}"##, "JSON Schema at '#/pattern': 'pattern' is not supported"),
        (##"{"requierd": []}"##, "JSON Schema at '#/requierd': 'requierd' is not a keyword; did you mean 'required'?"),
        (##"{"required": "a"}"##, "JSON Schema at '#/required': found a string, expected a list of strings"),
        (##"{"minLength": -1}"##, "JSON Schema at '#/minLength': expected a whole number from 0"),
        (##"{"multipleOf": 0.5}"##, "JSON Schema at '#/multipleOf': is supported for whole numbers above 0 only"),
        (##"{"enum": []}"##, "JSON Schema at '#/enum': expected a list of 1 to 4096 values"),
        (##"{"anyOf": []}"##, "JSON Schema at '#/anyOf': expected a list of at least one schema"),
        (
            ##"{"$ref": "#/$defs/nam", "$defs": {"name": {}}}"##,
            "JSON Schema at '#/$ref': \"#/$defs/nam\" names nothing under '#/$defs/' of this schema; "
                + "did you mean '#/$defs/name'?"
        ),
        (
            ##"{"$ref": "https://example.com/x"}"##,
            "JSON Schema at '#/$ref': \"https://example.com/x\" names nothing under '#/$defs/' of this schema"
        ),
        (##"{"$ref": "#"}"##, "JSON Schema at '#': a $ref leads back to itself"),
        (
            ##"{"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}}"##,
            "JSON Schema at '#/$defs/a': a $ref leads back to itself"
        ),
        (
            ##"{"items": {"$defs": {}}}"##,
            "JSON Schema at '#/items/$defs': definitions are allowed only at the top of the schema"
        ),
    ]) func `a schema that is not supported is refused with its place`(schema: String, message: String) throws {
        let json = try JSONParser.parse(schema)
        let problem = #expect(throws: JSONSchema.Problem.self) { try JSONSchema(parsing: json) }
        #expect(problem?.message == message)
    }

    @Test func `at most twenty problems are listed`() throws {
        let value = "[" + (0..<1000).map(String.init).joined(separator: ",") + "]"
        #expect(try problems(##"{"items": {"type": "string"}}"##, value).count == JSONSchema.Limit.violations)
    }

    @Test func `a schema that doubles at every level ends by its budget`() throws {
        let schema =
            ##"{"$defs": {"n": {"anyOf": [{"properties": {"n": {"$ref": "#/$defs/n"}}, "required": ["z"]}, "##
            + ##"{"properties": {"n": {"$ref": "#/$defs/n"}}, "required": ["y"]}]}}, "$ref": "#/$defs/n"}"##
        var value: JSONValue = [:]
        for _ in 0..<60 { value = ["n": value] }
        let found = try JSONSchema(parsing: JSONParser.parse(schema)).problems(in: value)
        #expect(found.last?.message == "is too deep or too large to check against this schema")
    }

    @Test func `hostile sizes are refused`() {
        var deep: JSONValue = true
        for _ in 0..<100 { deep = ["items": deep] }
        #expect(throws: JSONSchema.Problem.self) { try JSONSchema(parsing: deep) }
        let wide = JSONValue.array(Array(repeating: true, count: JSONSchema.Limit.nodes))
        #expect(throws: JSONSchema.Problem.self) { try JSONSchema(parsing: ["allOf": wide]) }
    }

    @Test func `a long value is shown shortened`() throws {
        let value = JSONValue.string(String(repeating: "x", count: 100_000))
        let found = try JSONSchema(parsing: ["enum": ["a"]]).problems(in: value)
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.message.count < 200 })
    }
}
