/// The guild's own account in an external system: the name of a login, bot or app, and the account's immutable id if
/// the system has given it.
///
/// A name can be given up and taken by somebody else; an id cannot.
package struct SystemIdentity: Sendable, Hashable {
    /// The name of the login, bot or app.
    package let name: String
    /// Nil while only the codex names the account.
    package let id: String?

    package init(name: String, id: String? = nil) {
        self.name = name
        self.id = id
    }
}
