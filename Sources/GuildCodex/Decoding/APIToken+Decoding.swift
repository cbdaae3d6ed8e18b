import GuildDomain

extension APIToken {
    /// Reads the Guild's `spec.api`.
    static func tokens(_ reader: MappingReader) -> [APIToken] {
        let elements = reader["tokens"]?.elements() ?? []
        var tokens: [APIToken] = []
        for element in elements {
            guard let token = element.mapping({ APIToken($0, at: element) }) else { continue }
            if tokens.contains(where: { $0.name.lowercased() == token.name.lowercased() }) {
                element.problem("a second token '\(token.name)'", expected: "a separate name for each")
            }
            tokens.append(token)
        }
        return tokens
    }

    private init?(_ reader: MappingReader, at element: NodeReader) {
        let name = reader.required("name", "the name in the audit log")?.filledText()
        let secret = reader.required("secret_ref", "a reference to the token, such as env://GUILD_TOKEN")?.secret()
        let scopes = (reader.required("scopes", "a list of scopes")?.elements(orOne: true) ?? [])
            .compactMap { $0.read(.oneOf(Scope.self)) }
        guard let name, let secret else { return nil }
        self.init(name: name, secret: secret, scopes: Set(scopes), location: element.location)
    }
}
