import GuildDomain
import Testing

@testable import GuildRuntime

@Suite struct WireToolNamesTests {
    private func names(_ names: String...) -> WireToolNames {
        WireToolNames(names.map { ModelTool(name: $0, summary: "", schema: [:]) })
    }

    @Test func `dots become two underscores and come back`() {
        let names = names("github.add_labels", "mcp.git.log")
        #expect(names.wire("github.add_labels") == "github__add_labels")
        #expect(names.own("github__add_labels") == "github.add_labels")
        #expect(names.own(names.wire("mcp.git.log")) == "mcp.git.log")
    }

    @Test func `a name that was not offered is still written and read`() {
        let names = names("a.b")
        #expect(names.wire("jira.get_issue") == "jira__get_issue")
        #expect(names.own("jira__get_issue") == "jira.get_issue")
        #expect(names.own("a.b") == "a.b")
    }

    @Test func `names with the same wire form stay apart`() {
        let names = names("a.b", "a__b", "a b", "a_b")
        let wires = ["a.b", "a__b", "a b", "a_b"].map(names.wire)
        #expect(Set(wires).count == 4)
        #expect(wires.map(names.own) == ["a.b", "a__b", "a b", "a_b"])
    }

    @Test func `every wire name is one that providers take`() {
        let long = "mcp." + String(repeating: "server.", count: 20) + "tool"
        let names = names(long, "émoji.😀", "", long + "2")
        for name in [long, "émoji.😀", "", long + "2"] {
            let wire = names.wire(name)
            #expect((1...64).contains(wire.utf8.count))
            #expect(wire.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) })
            #expect(names.own(wire) == name)
        }
        #expect(names.wire(long) != names.wire(long + "2"))
    }
}
