import GuildCodex
import GuildDomain
import GuildHTTP

/// The description of an agent, or of the whole guild, that other agents look for: A2A 1.0, section 4.4
/// (a2a-protocol.org/latest/specification), at `/.well-known/agent-card.json` (section 8.2).
///
/// This version takes no A2A messages, so the one interface that a card names is our own HTTP API, under a binding of
/// our own (the specification's names are an open list).
struct AgentCard {
    /// The listener's base URL: `http://127.0.0.1:8484`.
    let base: String

    private static let protocolVersion = "1.0"
    private static let binding = "urn:guild:registry:v1"
    private static let modes: JSONValue = ["text/plain", "application/json"]
    /// The version of an agent that gives none.
    private static let noVersion = "0.0.0"
    /// Agents that the guild's own card lists as its skills.
    private static let skillLimit = 1000

    /// The organisation: each of its agents is a skill.
    func guild(_ snapshot: CodexSnapshot, version: String) -> JSONValue {
        let name = snapshot.guild.metadata.name
        return card(
            name: name, description: "The agents of \(name)", path: "/agents", version: version,
            skills: snapshot.agentsByName.prefix(Self.skillLimit).map { skill($0) })
    }

    func agent(_ agent: AgentManifest) -> JSONValue {
        card(
            name: agent.name, description: describe(agent), path: "/agents/\(agent.name)",
            version: agent.version?.description ?? Self.noVersion,
            skills: agent.capabilities.isEmpty
                ? [skill(agent)]
                : agent.capabilities.map { capability in
                    [
                        "id": .string(capability), "name": .string(capability), "description": .string(describe(agent)),
                        "tags": [.string(agent.role)],
                    ]
                })
    }

    private func card(
        name: String, description: String, path: String, version: String, skills: [JSONValue]
    ) -> JSONValue {
        [
            "name": .string(name), "description": .string(description),
            "supportedInterfaces": [
                [
                    "url": .string(base + path), "protocolBinding": .string(Self.binding),
                    "protocolVersion": .string(Self.protocolVersion),
                ]
            ],
            "version": .string(version), "capabilities": ["streaming": false, "pushNotifications": false],
            "securitySchemes": ["bearer": ["httpAuthSecurityScheme": ["scheme": "Bearer"]]],
            "defaultInputModes": Self.modes, "defaultOutputModes": Self.modes, "skills": .array(skills),
        ]
    }

    private func skill(_ agent: AgentManifest) -> JSONValue {
        [
            "id": .string(agent.name), "name": .string(agent.name), "description": .string(describe(agent)),
            "tags": .array(([agent.role] + agent.capabilities).map { .string($0) }),
        ]
    }

    private func describe(_ agent: AgentManifest) -> String { agent.description ?? "An agent of type \(agent.role)" }

    static let schema: JSONValue = {
        let skill = APISchema.object([
            ("id", APISchema.text), ("name", APISchema.text), ("description", APISchema.text),
            ("tags", APISchema.texts),
        ])
        let interface = APISchema.object([
            ("url", ["type": "string", "format": "uri"]), ("protocolBinding", APISchema.text),
            ("protocolVersion", APISchema.text),
        ])
        return APISchema.object([
            ("name", APISchema.text), ("description", APISchema.text),
            ("supportedInterfaces", APISchema.list(of: interface)), ("version", APISchema.text),
            ("capabilities", ["type": "object"]), ("securitySchemes", ["type": "object"]),
            ("defaultInputModes", APISchema.texts), ("defaultOutputModes", APISchema.texts),
            ("skills", APISchema.list(of: skill)),
        ])
    }()
}

extension AgentCard {
    /// From the authority that the caller used, if it is well-formed, or else that of the listener.
    init(_ request: Request, listener: String) {
        let host = request.headers["host"] ?? ""
        let isAuthority =
            !host.isEmpty && host.utf8.count <= 255
            && host.utf8.allSatisfy { byte in
                byte.isLetterOrDigit || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
            }
        base = "http://" + (isAuthority ? host : listener)
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
