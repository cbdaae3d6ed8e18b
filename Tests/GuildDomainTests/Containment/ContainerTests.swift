import GuildDomain
import Testing

struct ContainerTests {
    @Test(arguments: [
        ("/github/acme/shop", "github", ["github:acme/shop"]), ("/GitHub/Acme/Shop", "GITHUB", ["github:Acme/Shop"]),
        ("/jira/payments", "jira", ["jira:payments"]), ("/github/", "github", []), ("/github", "github", []),
        ("/githubx/acme/shop", "github", []), ("/schedule/ranger/patrol", "schedule", []), ("/cli/ada", "cli", []),
        ("/guild/x", "guild", []), ("/jira/payments", "github", []), ("/a b/c", "a b", []), ("//c", "", []),
    ])
    func `an event's container is what its source names after its system`(
        source: String, system: String, containers: [String]
    ) {
        let event = Event(
            id: EventID(derivedFrom: ["e"]), source: source, type: "t", time: Timestamp(seconds: 0), system: system,
            payload: [])
        #expect(event.containers.map(\.description) == containers)
    }

    @Test func `what an event says of its containers is not taken from outside`() throws {
        let document: JSONValue = [
            "specversion": "1.0", "id": "a", "source": "/github/acme/shop", "type": "t", "system": "github",
            "containers": "github:other/repo",
        ]
        let event = try Event(cloudEvent: document, now: Timestamp(seconds: 0))
        #expect(event.containers == [Container(system: "github", name: "acme/shop")])
    }

    @Test(arguments: ["github:acme/shop", "jira:PAY", "slack:C012:thread"])
    func `containers are read as they are written`(text: String) throws {
        let container = try #require(Container(text))
        #expect(container.description == text)
        #expect(Container.list(Container.json([container])) == [container])
    }

    @Test(arguments: ["acme/shop", ":acme/shop", "github:", "git hub:acme/shop", ""])
    func `what names no system or no container is none`(text: String) {
        #expect(Container(text) == nil)
    }

    @Test func `options that cannot be read name no container, and none named is nil`() {
        #expect(Container.called(by: ["input": "x"]) == nil)
        #expect(Container.called(by: ["on": ["github:acme/shop"]]) == [Container(system: "github", name: "acme/shop")])
        #expect(Container.called(by: ["on": "github:acme/shop"]) == [])
        #expect(Container.called(by: ["on": ["github:acme/shop", 7]]) == [])
    }
}
