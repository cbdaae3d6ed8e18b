import GuildDomain
import Testing

struct ToolScopeTests {
    private static let form = ContainerForm(
        shown: "OWNER/REPO", longestSegments: [39, 100], ignoresCase: true, reservedEndings: [".git"])
    private static let onIssue = reach(.direct(argument: "number", joint: "#"))

    private static func reach(_ subject: OperationReach.SubjectNaming) -> OperationReach {
        .container(argument: "repository", form: form, subject: subject)
    }

    private static let called = RunPlace(
        containers: [Container(system: "github", name: "Acme/Shop")],
        subjects: [RunPlace.Subject(system: "github", name: "Acme/Shop#42")])

    private func verdict(
        _ scope: ToolScope, _ arguments: JSONValue, _ reach: OperationReach = onIssue, system: String = "github",
        of run: RunPlace = called
    ) throws -> ToolScope.Verdict {
        scope.verdict(on: try reach.place(of: arguments), system: system, form: reach.form, of: run)
    }

    private static func at(_ repository: String, _ number: Int = 42) -> JSONValue {
        ["repository": .string(repository), "number": .integer(number)]
    }

    @Test(arguments: ["acme/shop", "ACME/SHOP", "Acme/shop"])
    func `a container is the same in any case`(repository: String) throws {
        #expect(try verdict(.container, Self.at(repository)) == .yes)
        #expect(try verdict(.subject, Self.at(repository)) == .yes)
        #expect(try verdict(.subject, Self.at(repository, 43)) == .no)
        #expect(try verdict(.patterns([ContainerPattern("ACME/*")]), Self.at(repository)) == .yes)
    }

    @Test(arguments: ["other/repo", "acme/shop2", "acme2/shop", "acme/shop-", "acme/sho"])
    func `another container is another one`(repository: String) throws {
        for scope in [ToolScope.container, .subject] { #expect(try verdict(scope, Self.at(repository)) == .no) }
        #expect(try verdict(.any, Self.at(repository)) == .yes)
    }

    @Test(arguments: [
        "acme", "acme/shop/", "/acme/shop", "acme//shop", "acme/shop/..", "acme/..", "./acme/shop", "acme/shop.",
        "acme./shop",
        "acme/shop ", " acme/shop", "acme/shop\t", "acme/shop\n", "acme/shop\0", "acme%2Fshop", "acme/sh%6Fp",
        "acme\\shop",
        "acme/shop#1", "acme/shop?x", "acme/shop.git", "acme/shop.GIT", "аcme/shop", "acme/shop\u{200B}", "acme/ſhop",
        "acme/shop\u{301}", "ａcme/shop", "acme\u{2215}shop", "acme:shop", "acme@x/shop", "", "acme/",
        "acme/" + String(repeating: "a", count: 101), String(repeating: "a", count: 40) + "/shop",
    ])
    func `a trick of spelling names nothing at all`(repository: String) {
        #expect(throws: OperationReach.Misplaced.self) { try Self.onIssue.place(of: Self.at(repository)) }
        #expect(!Self.form.accepts(pattern: repository))
    }

    @Test(arguments: [JSONValue.null, 7, ["acme/shop"], ["owner": "acme", "repo": "shop"]])
    func `what is no text names nothing at all`(repository: JSONValue) {
        #expect(throws: OperationReach.Misplaced.self) {
            try Self.onIssue.place(of: ["repository": repository, "number": 42])
        }
    }

    @Test func `arguments that name the thing indirectly do not tell whether it is the subject`() throws {
        let reach = Self.reach(.indirect(argument: "comment_id"))
        let arguments: JSONValue = ["repository": "acme/shop", "comment_id": 7]
        #expect(
            try verdict(.subject, arguments, reach)
                == .unknown("'comment_id' does not say whether that is what called you"))
        #expect(try verdict(.container, arguments, reach) == .yes)
        // In another repository it is surely not the subject.
        #expect(try verdict(.subject, ["repository": "other/repo", "comment_id": 7], reach) == .no)
        #expect(try verdict(.subject, ["repository": "acme/shop"], Self.reach(.new)) == .no)
    }

    @Test func `a commit is the subject only of an event about that commit`() throws {
        let reach = Self.reach(.direct(argument: "sha", joint: "@"))
        let sha = String(repeating: "a1", count: 20)
        let arguments: JSONValue = ["repository": "acme/shop", "sha": .string(sha.uppercased())]
        #expect(try verdict(.subject, arguments, reach) == .no)
        let check = RunPlace(
            containers: Self.called.containers,
            subjects: [RunPlace.Subject(system: "github", name: "acme/shop@\(sha)")])
        #expect(try verdict(.subject, arguments, reach, of: check) == .yes)
    }

    @Test func `without a container of the system only a list or any matches`() throws {
        let elsewhere = RunPlace(
            containers: [Container(system: "jira", name: "acme/shop")],
            subjects: [RunPlace.Subject(system: "jira", name: "acme/shop#42")])
        for run in [RunPlace.nowhere, elsewhere] {
            #expect(try verdict(.container, Self.at("acme/shop"), of: run) == .no)
            #expect(try verdict(.subject, Self.at("acme/shop"), of: run) == .no)
            #expect(try verdict(.patterns([ContainerPattern("acme/shop")]), Self.at("acme/shop"), of: run) == .yes)
            #expect(try verdict(.any, Self.at("acme/shop"), of: run) == .yes)
        }
    }

    @Test func `an operation of which nobody has said what it reaches is reached by any alone`() throws {
        for scope in [ToolScope.container, .subject, .patterns([ContainerPattern("*")])] {
            #expect(try verdict(scope, Self.at("acme/shop"), .unstated) == .no)
        }
        #expect(try verdict(.any, Self.at("acme/shop"), .unstated) == .yes)
    }

    @Test(arguments: [
        ("acme/*", "acme/shop", true), ("acme/*", "acme-evil/shop", false), ("*/shop", "evil/shop", true),
        ("acme/sh*", "acme/shop", true), ("acme/shop", "acme/shop2", false), ("github:acme/*", "acme/shop", true),
        ("GitHub:acme/*", "acme/shop", true), ("jira:acme/*", "acme/shop", false), ("*", "any/thing", true),
    ])
    func `a list's patterns match whole names`(pattern: String, repository: String, matches: Bool) throws {
        let scope = ToolScope.patterns([ContainerPattern(pattern)])
        #expect(try verdict(scope, Self.at(repository), of: .nowhere) == (matches ? .yes : .no))
    }

    @Test(arguments: [
        (ToolScope.any, ToolScope.container, true), (.container, .subject, true), (.subject, .container, false),
        (.container, .any, false),
        (.patterns([ContainerPattern("acme/*")]), .patterns([ContainerPattern("acme/a")]), true),
        (.patterns([ContainerPattern("acme/a")]), .patterns([ContainerPattern("acme/*")]), false),
        (.patterns([ContainerPattern("*")]), .container, true),
        (.container, .patterns([ContainerPattern("acme/a")]), false),
        (.any, .any, true), (.patterns([ContainerPattern("jira:*")]), .container, false),
    ])
    func `a scope covers what holds nowhere else`(wide: ToolScope, narrow: ToolScope, covers: Bool) {
        #expect(wide.covers(narrow) == covers)
    }

    @Test func `the key of a place tells places apart, whatever their names hold`() {
        func key(_ names: String...) -> String {
            RunPlace(containers: names.map { Container(system: "x", name: $0) }).key
        }
        #expect(key("b", "A") == key("a", "B"))
        #expect(key("a", "b") != key("a,x:b"))
        #expect(key("a b") != key("a%20b"))
        #expect(!key("a b").contains(" "))
        #expect(RunPlace.nowhere.key == "-")
    }
}
