import Foundation
import GuildDomain
import Synchronization

/// Ctrl-C and SIGTERM while a command runs in the foreground: the first asks for a clean stop, the second ends at once.
enum Interrupts {
    static func handling<Value: Sendable>(
        _ body: @Sendable () async throws -> Value, onInterrupt: @escaping @Sendable () async throws -> Void
    ) async throws -> Value {
        try await handling(body, onSignal: { _ in try await onInterrupt() })
    }

    /// - Parameter onSignal: told which of the two it was.
    static func handling<Value: Sendable>(
        _ body: @Sendable () async throws -> Value, onSignal: @escaping @Sendable (Int32) async throws -> Void
    ) async throws -> Value {
        let count = Counter()
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if count.next() > 1 { _exit(ErrorKind.interrupted.exitStatus) }
                // Where the ledger refuses the wish to stop, the second Ctrl-C still ends the process.
                Task { try? await onSignal(number) }
            }
            source.activate()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await body()
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)

        func next() -> Int {
            value.withLock {
                $0 += 1; return $0
            }
        }
    }
}
