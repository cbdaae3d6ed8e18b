import GuildDomain
import Testing

@Suite struct PriorityTests {
    @Test(arguments: Priority.allCases) func `a name leads back to its priority`(priority: Priority) {
        #expect(Priority(name: priority.name) == priority)
        #expect(Priority(name: priority.name.lowercased()) == priority)
    }

    @Test func `short names and order`() {
        #expect(["P0", "P1", "p2", "P3", "bg"].compactMap(Priority.init(name:)) == Priority.allCases)
        #expect(Priority.allCases.sorted() == Priority.allCases)
        #expect(Priority(name: "P4") == nil)
    }
}
