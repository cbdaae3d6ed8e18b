import GuildDomain

/// Whether there is something to recover.
package enum RecoveryNeed: Sendable, Hashable {
    case none
    /// Others hold work: look again soon, for they may die.
    case watch
    case now
}
