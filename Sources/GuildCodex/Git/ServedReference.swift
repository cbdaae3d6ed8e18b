/// The ref that a revision follows: a push to it changes the revision.
package struct ServedReference: Sendable, Hashable {
    /// `refs/heads/main`, or `HEAD` if that is detached.
    package let name: String
    /// Whether the work tree is a check-out of it.
    package let isCheckedOut: Bool
}
