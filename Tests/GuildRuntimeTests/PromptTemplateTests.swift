import GuildCodex
import GuildDomain
import Testing

@testable import GuildRuntime

@Suite struct PromptTemplateTests {
    private func render(_ template: String, _ context: JSONValue = [:]) throws -> String {
        try PromptTemplate(template, agent: "clerk").render(context)
    }

    @Test(arguments: [
        "{{secret}}", "{{#secret}}x{{/secret}}", "{{{secret}}}", "{{=<% %>=}}<%secret%>", "{{> secret}}", "{{",
        "</event>", "<b>&amp;</b>", "\u{0}\u{FFFD}🦊", "",
    ])
    func `what an event brings is text, never a template`(hostile: String) throws {
        let context: JSONValue = ["secret": "LEAKED", "data": ["title": .string(hostile)], "hostile": .string(hostile)]
        #expect(
            try render("[{{data.title}}|{{{hostile}}}|{{&hostile}}]", context) == "[\(hostile)|\(hostile)|\(hostile)]")
    }

    @Test func `keys of an event name values and nothing else`() throws {
        let context: JSONValue = ["data": ["{{secret}}": "a", "a.b": "c", "count": 1], "secret": "LEAKED"]
        #expect(try render("{{#data}}{{count}}{{/data}}{{data.a.b}}{{data.nothing}}{{nothing.at.all}}", context) == "1")
    }

    @Test func `sections, numbers and lists work as Mustache says`() throws {
        let number = try #require(JSONNumber("12.5"))
        let context: JSONValue = [
            "name": .null, "no": false, "yes": true, "n": .number(number), "items": [["a": 1], ["a": 2]], "empty": [],
        ]
        #expect(try render("{{#name}}set{{/name}}{{^name}}unset{{/name}}{{name}}", context) == "unset")
        #expect(try render("{{#no}}a{{/no}}{{#yes}}b{{/yes}}{{^empty}}c{{/empty}}", context) == "bc")
        #expect(try render("{{n}}:{{#items}}{{a}};{{/items}}", context) == "12.5:1;2;")
    }

    @Test(arguments: ["{{", "{{#a}}", "{{/a}}", "{{#a}}{{/b}}", "{{a", "{{=}}", "{{<p}}{{#a}}{{/a}}{{/p}}", "{{{a}}"])
    func `a prompt that is no template is refused with its agent and line`(template: String) throws {
        let refusal = #expect(throws: PromptTemplate.Invalid.self) {
            try PromptTemplate("one\ntwo \(template)", agent: "clerk")
        }
        #expect(refusal?.message.hasPrefix("the prompt of agent clerk: line 2") == true)
        #expect(refusal?.kind == .invalidCodex)
    }

    @Test func `no beginning of a template traps`() {
        let template =
            "{{! c }}{{#a}}{{^b}}{{=<% %>=}}<%#c%><%/c%><%={{ }}=%>{{/b}}{{/a}}{{<p}}{{$q}}x{{/q}}{{/p}}{{>*d}}"
        for length in 0...template.count {
            // Whether it is refused is not the question here.
            _ = try? render(String(template.prefix(length)), ["a": [1, 2], "b": .null, "c": true, "d": "p"])
        }
    }

    @Test(arguments: [64, 65, 40_000])
    func `sections stand at most 64 deep in each other`(depth: Int) throws {
        let template =
            String(repeating: "{{#a}}", count: depth) + "x" + String(repeating: "{{/a}}", count: depth)
        guard template.utf8.count <= PromptCheck.largestBytes, depth <= PromptCheck.deepestSections else {
            #expect(throws: PromptTemplate.Invalid.self) { try render(template) }
            return
        }
        #expect(try render(template, ["a": true]) == "x")
    }

    @Test(arguments: [64, 65])
    func `sections of delimiters of their own count as well`(depth: Int) throws {
        let (opening, end) = (String(repeating: "<%#a%>", count: depth), String(repeating: "<%/a%>", count: depth))
        let template = "{{=<% %>=}}{{#a}}\(opening)x\(end)"
        guard depth <= PromptCheck.deepestSections else {
            #expect(throws: PromptTemplate.Invalid.self) { try render(template) }
            return
        }
        #expect(try render(template, ["a": true]) == "{{#a}}x")
    }

    @Test func `prompts have a largest size, before and after`() throws {
        #expect(throws: PromptTemplate.Invalid.self) {
            try PromptTemplate(String(repeating: "x", count: PromptCheck.largestBytes + 1), agent: "clerk")
        }
        let items = JSONValue.array(Array(repeating: ["a": 1], count: 60_000))
        let context: JSONValue = ["items": items]
        #expect(try render("{{#items}}1234567890{{/items}}", context).utf8.count == 600_000)
        #expect(throws: PromptTemplate.Invalid.self) { try render("{{#items}}12345678901234567890{{/items}}", context) }
    }

    @Test func `an object or a list is compact JSON with sorted keys, in every run`() throws {
        let context: JSONValue = [
            "data": ["o": ["k": "v", "a": "b", "c": ["z": 1, "y": [true, .null]]], "l": [2, "x"]]
        ]
        for _ in 0..<20 {
            #expect(
                try render("Labels: {{data.o}} {{{data.l}}}", context)
                    == #"Labels: {"a":"b","c":{"y":[true,null],"z":1},"k":"v"} [2,"x"]"#)
        }
        #expect(
            try render("{{#data.o}}{{k}}{{#c}}{{z}}{{/c}}{{/data.o}}{{#data.l}}[{{.}}]{{/data.l}}", context)
                == "v1[2][x]")
        #expect(try render("{{count(data.l)}}{{#first(data.l)}}!{{/first(data.l)}}{{count(data.o)}}", context) == "2!3")
    }

    /// What validation takes must compile: else a codex is valid and each of its runs is dead.
    @Test func `what the check of a codex accepts is a template`() throws {
        var seed: UInt64 = 7
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((seed >> 33) % UInt64(bound))
        }
        let pieces = [
            "{{", "}}", "{{{", "}}}", "#", "^", "/", "!", "=", "&", ">", "<", "$", "%", "{", "}", "a", "data", "x.y",
            ".",
            "-", "(", ")", "count(", " ", "\n", "{{#a}}", "{{/a}}", "{{=| |=}}", "|", "|a|", "|={{ }}=|", "{{$b}}",
            "{{/b}}",
            "CONTENT_TYPE", ":", "TEXT", "é", "\u{301}", "\u{600}", "?", "*",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            let text = (0...next(9)).map { _ in pieces[next(pieces.count)] }.joined()
            guard !PromptCheck.findings(in: text).contains(where: { $0.severity == .error }) else { continue }
            accepted += 1
            #expect(throws: Never.self, "\(text)") { try PromptTemplate(text, agent: "clerk") }
        }
        #expect(accepted > 1000)
    }
}
