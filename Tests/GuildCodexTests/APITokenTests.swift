import GuildCodex
import Testing

@Suite struct APITokenTests {
    private func guild(_ tokens: String) -> [String: String] {
        [
            "guild.yaml": """
            apiVersion: guild/v1
            kind: Guild
            metadata: { name: acme }
            spec: { api: { tokens: [\(tokens)] } }
            """
        ]
    }

    @Test func `a token has a name, a secret by reference and scopes`() throws {
        let result = SmallCodex.validate(
            guild(#"{ name: ci, secret_ref: "env://GUILD_TOKEN", scopes: ["agents:write"] }"#))
        let tokens = try #require(result.snapshot).guild.apiTokens
        #expect(tokens.map(\.name) == ["ci"])
        #expect(tokens.map(\.secret) == [.environment("GUILD_TOKEN")])
        #expect(tokens.map(\.scopes) == [[.agentsWrite]])
    }

    @Test(arguments: [
        (#"{ name: ci, secret_ref: s3cr3t, scopes: ["agents:write"] }"#, "a literal secret"),
        (#"{ name: ci, secret_ref: "env://T", scopes: ["agents:writ"] }"#, "agents:write"),
        (#"{ secret_ref: "env://T", scopes: ["agents:write"] }"#, "spec.api.tokens[0].name: missing"),
        (#"{ name: ci, scopes: ["agents:write"] }"#, "spec.api.tokens[0].secret_ref: missing"),
        (#"{ name: ci, secret_ref: "env://T" }"#, "spec.api.tokens[0].scopes: missing"),
        (#"{ name: ci, secret_ref: "env://T", scopes: [], role: x }"#, "unknown key 'role'"),
        (
            #"{ name: ci, secret_ref: "env://T", scopes: [] }, { name: CI, secret_ref: "env://U", scopes: [] }"#,
            "a second token 'CI'"
        ),
    ])
    func `a wrong token is reported at its place, without the secret`(tokens: String, part: String) {
        let result = SmallCodex.validate(guild(tokens))
        #expect(result.snapshot == nil)
        #expect(result.problems.contains { $0.text.hasPrefix("guild.yaml:4:") && $0.text.contains(part) })
        #expect(!result.problems.contains { $0.text.contains("s3cr3t") })
    }
}
