import GuildCitadel
import GuildControl
import GuildDomain
import Testing

@Suite struct ComponentTests {
    @Test func `none means all that run, and a name counts once`() throws {
        #expect(try Component.parse([]) == Component.running)
        #expect(try Component.parse(["executor", "dispatcher", "executor"]) == [.executor, .dispatcher])
    }

    @Test(arguments: [
        ("executer", "did you mean 'executor'?"), ("Executor", "did you mean 'executor'?"),
        (
            "nonsense-without-end",
            "the components are webhook-gateway, scheduler, registry, dispatcher, executor, action-executor"
        ),
        ("", "the components are webhook-gateway, scheduler, registry, dispatcher, executor, action-executor"),
    ])
    func `a name that is none is refused with the next step`(name: String, hint: String) {
        #expect(throws: Failure(.usage, "there is no component '\(name)'", hint: hint)) { try Component.parse([name]) }
    }

    @Test(arguments: ["feed-poller", "notifier"]) func `what this version does not run is said so`(name: String) {
        #expect(throws: Failure(.usage, "component '\(name)' is not available in this version", hint: "remove it")) {
            try Component.parse([name])
        }
    }
}
