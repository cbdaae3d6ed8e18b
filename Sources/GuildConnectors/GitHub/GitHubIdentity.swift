package import GuildDomain

/// The guild's own account on GitHub: a login, bot or app slug, and the account's id if GitHub has given it.
///
/// A login can be given up and taken by somebody else; an id cannot.
package struct GitHubIdentity: Sendable, Hashable {
    /// The login, or the bot's or app's name.
    package let login: String
    /// Nil while only the codex names the account.
    package let id: Int64?

    package init(login: String, id: Int64? = nil) {
        self.login = login
        self.id = id
    }

    /// The identity that the codex names, with the id that GitHub has told, if it has told it of the same account.
    func knowing(_ told: GitHubIdentity?) -> GitHubIdentity {
        guard let told, let id = told.id else { return self }
        let login = login.lowercased()
        let other = told.login.lowercased()
        return other == login || other == "\(login)[bot]" ? GitHubIdentity(login: self.login, id: id) : self
    }

    /// Whether a user of a payload is the guild's own account: by the id if both have one, or else by the login, or as
    /// the bot of that GitHub App (`slug[bot]`). Logins have no case.
    package func isUser(_ user: JSONValue) -> Bool {
        if let id, let other = user["id"]?.integer { return id == other }
        guard !login.isEmpty, let other = user["login"]?.string?.lowercased() else { return false }
        let login = login.lowercased()
        return other == login || user["type"]?.string == "Bot" && other == "\(login)[bot]"
    }
}

extension GitHubIdentity {
    /// Guild's general form of the account. An id that is not a number is not GitHub's.
    init(_ identity: SystemIdentity) { self.init(login: identity.name, id: identity.id.flatMap { Int64($0) }) }

    /// The general form, for code that does not know GitHub.
    package var general: SystemIdentity { SystemIdentity(name: login, id: id.map(String.init)) }
}

extension GitHubIdentity: ExpressibleByStringLiteral {
    package init(stringLiteral login: String) { self.init(login: login) }
}
