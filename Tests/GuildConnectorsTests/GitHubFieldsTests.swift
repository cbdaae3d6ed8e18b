import GuildDomain
import Testing

@testable import GuildConnectors

@Suite struct GitHubFieldsTests {
    private func carried(_ name: String, _ arguments: JSONValue) throws -> CarriedFields {
        let operation = try #require(GitHubOperations.all.first { $0.name == "github.\(name)" })
        return GitHubFields.carried(by: operation, arguments: arguments)
    }

    private func holds(_ condition: JSONValue, for carried: CarriedFields) throws -> Bool {
        carried.satisfies(try EventPattern(parsing: condition))
    }

    private func comment(_ body: String) throws -> CarriedFields {
        try carried("create_issue_comment", ["repository": "Acme/Shop", "number": 1, "body": .string(body)])
    }

    @Test(arguments: ["Severity/1", "SEVERITY/1", " severity/1 ", "severity\u{200B}/1", "ｓeverity/1", "severity/1"])
    func `a label is the same in every spelling and in every operation that carries it`(label: String) throws {
        let issue: JSONValue = ["repository": "acme/shop", "number": 1]
        func with(_ name: String, _ value: JSONValue) -> JSONValue {
            var object = issue.object ?? [:]
            object[name] = value
            return .object(object)
        }
        let writes = [
            try carried("add_labels", with("labels", ["bug", .string(label)])),
            try carried("remove_label", with("label", .string(label))),
            try carried("create_issue", ["repository": "acme/shop", "title": "t", "labels": [.string(label)]]),
        ]
        for write in writes {
            #expect(write.carries("labels") && write.carries("label"))
            #expect(try holds(["labels": ["Severity/1"]], for: write))
            #expect(try holds(["label": [["prefix": "severity/"]]], for: write))
            #expect(try holds(["labels": [["wildcard": "*verity/*"]]], for: write))
            #expect(try !holds(["labels": ["severity/2"]], for: write))
        }
    }

    @Test func `an exclusion compares as the system does too`() throws {
        let docs = try carried("remove_label", ["repository": "acme/shop", "number": 1, "label": "Docs"])
        #expect(try !holds(["labels": [["anything-but": ["docs"]]]], for: docs))
        #expect(try holds(["labels": [["anything-but": ["bug"]]]], for: docs))
    }

    @Test(
        arguments: [
            "@acme/everyone", "@Acme/Everyone", "hey (@ACME/everyone).", "_@acme/everyone_", "\\@acme/everyone",
            "@acme\\/everyone", "&#64;acme/everyone", "&#x40;acme&#47;everyone", "&commat;acme&sol;everyone",
            "@acme/every\u{200B}one", "@acme/every&ZeroWidthSpace;one", "@acme/every&shy;one",
            "@acme/every\u{E0020}one",
            "@acme/<!-- -->everyone", "@acme/<b></b>everyone", "a\u{200B}@acme/everyone", "a<b>@acme/everyone</b>",
            "＠acme/everyone", "`@acme/everyone`", "```\n@acme/everyone", "~~~\n\n```\n~~~\n@acme/everyone\n\n```",
            "<div>\n\n```\n@acme/everyone\n```", "```\nx\n``` \n@acme/everyone\n```", "word\n```\n@acme/everyone\n```",
            "<p>&#64acme/everyone</p>", "<p>@acme/every&shyone</p>", "<p>&#x0040@acme/everyone",
            "&#00064;acme/everyone",
            "é@acme/everyone", "@acme/everyone\u{301}",
        ])
    func `a mention is found as it will be rendered`(body: String) throws {
        let write = try comment(body)
        #expect(write.carries("mentions"))
        #expect(try holds(["mentions": ["@acme/everyone"]], for: write))
        #expect(try holds(["mentions": ["Acme/Everyone"]], for: write))
        #expect(try holds(["mentions": [["wildcard": "*@acme/every*"]]], for: write))
    }

    @Test(
        arguments: ["mail a@acme.example", "no one", "@ acme", "&amp;#64;acme", "```\n@acme/everyone\n```\nthanks"])
    func `what calls nobody is no mention`(body: String) throws {
        #expect(try !comment(body).carries("mentions"))
    }

    @Test func `a mention in a title or a description counts too`() throws {
        let issue = try carried("create_issue", ["repository": "a/b", "title": "for @Acme/everyone"])
        #expect(try holds(["mentions": ["acme/everyone"]], for: issue))
        let status = try carried(
            "set_commit_status", ["repository": "a/b", "sha": "0", "state": "success", "description": "@acme/everyone"])
        #expect(try holds(["mentions": ["acme/everyone"]], for: status))
        #expect(try !carried("add_labels", ["repository": "a/b", "number": 1, "labels": ["x"]]).carries("mentions"))
    }

    @Test(
        arguments: [
            ("/lgtm", "/lgtm"), ("/LGTM cancel", "/lgtm"), ("ok\r\n  /lgtm", "/lgtm"), ("> - /lgtm", "/lgtm"),
            ("/lg\u{200B}tm", "/lgtm"), ("&#47;lgtm", "/lgtm"), ("x<br>/lgtm", "/lgtm"), ("<!--\n/lgtm\n-->", "/lgtm"),
            ("x\u{2028}/lgtm", "/lgtm"), ("```\n/lgtm\n```", "/lgtm"), ("/lgtm cancel", "/lgtm cancel"),
            ("@Dependabot  merge", "@dependabot merge"), ("@dependabot[bot]: merge!", "@dependabot merge"),
            ("please @dependabot, merge now", "@dependabot merge"), ("@bors r+", "@bors r+"),
            ("fixes #1", "fixes #1"), ("Closes: #1", "fixes #1"), ("This resolved acme/shop#1.", "closes #1"),
            ("**Fix** GH-1", "fixes #1"), ("fixes https://github.com/acme/shop/issues/1", "fixes #1"),
            ("closed #1", "fixes acme/shop#1"), ("fixes other/repo#1", "resolves other/repo#1"),
            ("@bot\nmerge", "@bot merge"), ("@bot,\r\n\r\n> merge now", "@bot merge"),
            ("@bot<br>merge", "@bot merge"), ("- @bot\n- merge", "@bot merge"),
            ("fixes https://github.com/o/r/issues/1", "fixes o/r#1"),
            ("Fixes: <https://github.com/o/r/issues/1>", "closes o/r#1"),
            ("close www.github.com/Acme/Shop/pull/1#top", "fixes #1"),
            ("closes github.com/o/r/issues/1#issuecomment-2", "fixes o/r#1"),
            ("fixes [the till](https://github.com/acme/shop/issues/1)", "fixes #1"),
            ("fixed [#1](https://x.example)", "fixes #1"),
            ("resolve HTTPS://GITHUB.COM/ACME/SHOP/ISSUES/1", "fixes #1"), ("resolves `#1`", "fixes #1"),
            ("fixes\n#1", "fixes #1"), ("> * closes: gh-1", "fixes #1"), ("fixes <!-- x --> #01", "fixes #1"),
            ("fixes <a href=\"x\">#1</a>", "fixes #1"),
        ])
    func `a command is found however it is written`(body: String, command: String) throws {
        let write = try comment(body)
        #expect(write.carries("commands"))
        #expect(try holds(["commands": [.string(command)]], for: write))
    }

    @Test(arguments: ["a plain word", "see src/main.swift", "closes the door", "fixes other/repo#1"])
    func `a plain text is no command for this issue`(body: String) throws {
        #expect(try !holds(["commands": ["fixes #1", ["prefix": "/"]]], for: try comment(body)))
    }

    @Test(
        arguments: GitHubFields.closingVerbs.sorted().flatMap { verb in
            [verb, "\(verb):", "\(verb.uppercased()):"].flatMap { written in
                ["#7", "GH-7", "Acme/Shop#7", "https://github.com/acme/shop/issues/7"].map { "\(written) \($0)" }
            }
        })
    func `each verb closes each spelling of an issue`(body: String) throws {
        #expect(try holds(["commands": ["fixes #7"]], for: try comment(body)))
        let git = try carried(
            "create_issue_comment", ["repository": "acme/shop.git", "number": 1, "body": .string(body)])
        #expect(try holds(["commands": ["fixes #7"]], for: git))
    }

    @Test func `a rule on a body holds for what is shown, in any case`() throws {
        let condition: JSONValue = ["body": [["wildcard": "*@acme/everyone*"]]]
        #expect(try holds(condition, for: try comment("to @Acme/Everyone")))
        #expect(try holds(condition, for: try comment("to &#64;acme/every\u{200B}one")))
        #expect(try !holds(condition, for: try comment("to all")))
        #expect(try holds(["text": [["wildcard": "*all*"]]], for: try comment("to All")))
    }

    @Test func `a repository and a commit are compared without case, a number as it is`() throws {
        let write = try carried(
            "create_issue_comment", ["repository": "ACME/Shop.git", "number": 1, "body": "x"])
        #expect(try holds(["repository": ["acme/shop"], "number": [1]], for: write))
        #expect(try !holds(["repository": ["acme/shop"], "number": [2]], for: write))
    }

    @Test func `what is more than can be listed waits for a person`() throws {
        let many = (0...GitHubMentions.limit).map { "@a\($0)" }.joined(separator: "\n")
        #expect(try holds(["mentions": ["nobody"]], for: try comment(many)))
        let lines = (0...GitHubCommands.limit).map { "/a\($0)" }.joined(separator: "\n")
        #expect(try holds(["commands": ["/nothing"]], for: try comment(lines)))
        let orders = String(repeating: "@bot thanks\n", count: GitHubCommands.mentionLimit + 1)
        #expect(try holds(["commands": ["@bot merge"]], for: try comment(orders)))
    }

    @Test func `every argument of every write is a field`() {
        for operation in GitHubOperations.all where operation.effect == .write {
            let arguments = Set(operation.schema["properties"]?.object?.members.map(\.key) ?? [])
            #expect(Set(operation.fields.compactMap(\.argument)) == arguments, "\(operation.name)")
        }
    }
}
