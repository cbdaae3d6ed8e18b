import GuildConnectors
import GuildDomain
import GuildTransport
import Testing

struct ConnectorsTests {
    private var connectors: Connectors {
        let settings = GitHubSettings(baseURL: "http://127.0.0.1:1")
        let client = GitHubClient(settings: settings, http: HTTPClient(), redactor: Redactor(), clock: FixedTime())
        return Connectors([.init(system: "github", connector: GitHubConnector(), performer: .success(client))])
    }

    @Test func `the catalogue has every operation of GitHub once, in the order of names`() {
        let names = connectors.catalogue.map(\.name)
        #expect(names == names.sorted())
        #expect(Set(names).count == 12 && names.count == 12)
        #expect(names.allSatisfy { $0.hasPrefix("github.") })
        #expect(connectors.catalogue.filter { $0.effect == .read }.count == 4)
    }

    @Test func `every schema is closed and names what it requires`() {
        for operation in connectors.catalogue {
            let schema = operation.schema
            #expect(schema["type"] == "object")
            #expect(schema["additionalProperties"] == false)
            let properties = Set(schema["properties"]?.object?.keys ?? [])
            let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
            #expect(!required.isEmpty && required.isSubset(of: properties), "\(operation.name)")
            for property in schema["properties"]?.object?.members ?? [] where property.value["type"] == "string" {
                #expect(property.value["maxLength"] != nil || property.value["enum"] != nil, "\(property.key)")
            }
        }
    }

    @Test func `an operation of no connector is unknown`() async {
        await #expect(throws: OperationFailure.unknownOperation("slack.post_message", nearest: nil)) {
            try await connectors.perform("slack.post_message", arguments: [:])
        }
        await #expect(
            throws: OperationFailure.unknownOperation("github.add_label", nearest: "github.add_labels")
        ) {
            try await connectors.perform("github.add_label", arguments: [:])
        }
    }

    @Test(
        arguments: [
            (["repository": "a/b", "number": 7], "a/b#7"), (["repository": "a/b", "sha": "c"], "a/b@c"),
            (["repository": "A/B", "number": 7], "a/b#7"), (["repository": "a/b", "comment_id": 3], "a/b"),
            (["number": 7], nil), ("x", nil),
        ] as [(JSONValue, String?)])
    func `the subject orders writes`(arguments: JSONValue, subject: String?) {
        #expect(connectors.subject(of: "github.create_issue_comment", arguments: arguments) == subject)
    }
}
