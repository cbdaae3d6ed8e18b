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
                // If the ledger refuses the request to stop, the second Ctrl-C still ends the process.
                Task { try? await onSignal(number) }
            }
            return source
        }
        for source in sources { await activate(source) }
        defer { for source in sources { source.cancel() } }
        return try await body()
    }

    /// Returns once signals are seen: one that came before would be lost.
    private static func activate(_ source: any DispatchSourceSignal) async {
        await withCheckedContinuation { continuation in
            source.setRegistrationHandler { continuation.resume() }
            source.activate()
        }
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
