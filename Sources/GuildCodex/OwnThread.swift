import Foundation

/// Runs work that blocks for long (reading and parsing a whole codex, waiting for git) off the threads of the
/// cooperative pool.
package func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try body() }) }
        thread.name = "guild.blocking"
        // The YAML composer recurses.
        thread.stackSize = 8 << 20
        thread.start()
    }
}
