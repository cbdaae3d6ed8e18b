package import GuildDomain

/// A message whose event cannot be read, when it left the queue.
package struct UnreadableMessage: Sendable, Equatable {
    /// Nil if the message's own row names no event.
    package let event: EventID?
    package let fault: RowFault

    /// Whether it is kept for a version that can read it. Otherwise it was decided as invalid.
    package var isKept: Bool { fault.mayBeNewer }
}
