package import GuildDomain

/// The dispatcher's held and queued work.
package struct DispatchStatus: Sendable, Hashable {
    /// The invocations of one priority.
    package struct Queue: Sendable, Hashable {
        package let priority: Priority
        /// Those in the queue.
        package let queued: Int
        /// Of them, those that wait for their next try.
        package let delayed: Int
        /// Those with a worker.
        package let running: Int
        package let paused: Int
    }

    /// One for each priority, the most urgent first.
    package let queues: [Queue]
    /// The open debounce windows that are listed.
    package let windows: [OpenWindow]
    /// The number of all open debounce windows.
    package let windowCount: Int
    /// The pending decisions that are listed.
    package let pending: [PendingDecision]
    /// The number of all pending decisions.
    package let pendingCount: Int
    /// The part of them that waits because of the senders of their events.
    package let pendingOfSenders: Int
    /// The number of dead letters.
    package let deadLetters: Int
    /// The running invocations, by agent.
    package let running: [String: Int]
}
