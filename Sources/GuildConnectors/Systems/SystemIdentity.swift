/// Who we are in an external system: a login, bot or app's name, and the account's immutable id if the system has told it.
///
/// A name can be given up and taken by somebody else; an id can't.
package struct SystemIdentity: Sendable, Hashable {
    package let name: String
    /// Nil while only the codex says who we are.
    package let id: String?

    package init(name: String, id: String? = nil) {
        self.name = name
        self.id = id
    }
}
