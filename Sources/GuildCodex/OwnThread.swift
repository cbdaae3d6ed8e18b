import Foundation

/// Runs what blocks for long (a whole codex to read and parse, git to wait for) beside the tasks that answer.
package func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try body() }) }
        thread.name = "guild.blocking"
        // The YAML composer recurses.
        thread.stackSize = 8 << 20
        thread.start()
    }
}
