import GuildDomain
import GuildEgress
import GuildLedger
import GuildRuntime

extension Deployment {
    /// Runs an executor and an action executor that claim only work of `root`, until `body` has returned.
    func hosting<Value: Sendable>(
        root: EventID, worker: Worker, substitute: ModelProviders.Substitute? = nil, retry: RetryPolicy? = nil,
        observe: (@Sendable (RunEvent) -> Void)? = nil,
        until body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let executor = executor(worker: worker, root: root, substitute: substitute, retry: retry, observe: observe)
        let actions = actionExecutor(worker: worker, root: root)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await executor.run()
                return nil
            }
            group.addTask {
                try await actions.run()
                return nil
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let finished = try await group.next() {
                if let finished { return finished }
            }
            throw Failure(.failed, "the run ended without an outcome")
        }
    }
}
