import GuildDomain
import Synchronization

/// The attempts under way in this process, each with the task that does it.
final class RunningInvocations: Sendable {
    /// The next attempt may begin here before the last one is gone.
    private struct Attempt: Hashable {
        let id: InvocationID
        let number: Int

        init(_ invocation: Invocation) {
            id = invocation.id
            number = invocation.attempt
        }
    }

    private let tasks = Mutex<[Attempt: Task<Void, any Error>]>([:])

    /// The invocations that run now.
    var all: Set<InvocationID> { tasks.withLock { Set($0.keys.map(\.id)) } }

    func begin(_ invocation: Invocation, _ task: Task<Void, any Error>) {
        tasks.withLock { $0[Attempt(invocation)] = task }
    }

    func end(_ invocation: Invocation) { tasks.withLock { $0[Attempt(invocation)] = nil } }

    func cancel(_ id: InvocationID) {
        for (attempt, task) in tasks.withLock({ $0 }) where attempt.id == id { task.cancel() }
    }
}
