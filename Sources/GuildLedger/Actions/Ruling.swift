package import GuildDomain

/// A person's decision about an action.
package struct Ruling: Sendable, Hashable {
    /// As it is now.
    package let action: Action
    /// Nil if it waited at no cap, or was rejected.
    package var grant: CapGrant?
}
