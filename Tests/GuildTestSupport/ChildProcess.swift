package import Foundation
import GuildDomain
import Synchronization

/// A program that a test runs: its output is collected, and it never outlives the value that holds it.
///
///     let child = try ChildProcess(BuiltProducts.path(of: "GuildStandIn"), ["--instant"])
///     let line = try await child.line(startingWith: "listening ")
///     child.signal(SIGTERM)
///     #expect(try await child.wait() == .exited(0))
package final class ChildProcess: Sendable {
    /// How a program ended.
    package enum Ending: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// A finished program and what it wrote.
    package struct Finished: Sendable {
        package let ending: Ending
        package let output: String
        package let errors: String

        /// The exit status; nil where a signal ended it.
        package var status: Int32? { if case .exited(let status) = ending { status } else { nil } }
    }

    /// The first of a process group of its own.
    package let processID: pid_t
    private let name: String
    private let state: Shared

    /// Output beyond this is read and dropped.
    fileprivate static let outputLimitBytes = 64 << 20

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - environment: the whole environment; nil hands on the test's own.
    ///   - directory: its working folder; nil is the test's own.
    ///   - input: what it reads on standard input; nil gives it an empty one.
    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        directory: String? = nil, input: [UInt8]? = nil
    ) throws {
        name = URL(fileURLWithPath: executable).lastPathComponent
        let spawned = try SpawnedProgram(
            executable, arguments, environment: environment ?? ProcessInfo.processInfo.environment,
            directory: directory)
        processID = spawned.processID
        let shared = Shared()
        state = shared
        Self.feed(spawned.input, input ?? [])
        Self.read(spawned.output, into: shared, \.output, \.outputEnded)
        Self.read(spawned.errors, into: shared, \.errors, \.errorsEnded)
        Self.reap(spawned.processID, into: shared)
    }

    deinit { kill() }

    /// Runs a program to its end.
    ///
    /// - Throws: `Failure` if it cannot start or takes longer than `limit`; it is killed then.
    package static func run(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        directory: String? = nil, input: [UInt8]? = nil, limit: Duration = .seconds(300)
    ) async throws -> Finished {
        let child = try ChildProcess(
            executable, arguments, environment: environment, directory: directory, input: input)
        defer { child.kill() }
        let ending = try await child.wait(limit: limit)
        return Finished(ending: ending, output: child.output, errors: child.errors)
    }

    /// What it has written to standard output so far.
    package var output: String { state.read { String(decoding: $0.output, as: UTF8.self) } }

    /// What it has written to standard error so far.
    package var errors: String { state.read { String(decoding: $0.errors, as: UTF8.self) } }

    /// How it ended; nil while it runs.
    package var ending: Ending? { state.read { $0.ending } }

    /// The first whole line on standard output, past or to come, that starts with `prefix`, without its line feed.
    ///
    /// - Throws: `Failure` if the output ends before, or after `limit`.
    package func line(startingWith prefix: String, limit: Duration = .seconds(300)) async throws -> String {
        try await line("a line '\(prefix)…'", limit: limit, in: { ($0.output, $0.outputEnded) }) {
            $0.hasPrefix(prefix)
        }
    }

    /// The first whole line on standard error, past or to come, that contains `text`, without its line feed.
    ///
    /// - Throws: `Failure` if standard error ends before, or after `limit`.
    package func errorLine(containing text: String, limit: Duration = .seconds(300)) async throws -> String {
        try await line("a line '…\(text)…'", limit: limit, in: { ($0.errors, $0.errorsEnded) }) { $0.contains(text) }
    }

    private func line(
        _ what: String, limit: Duration, in stream: @escaping @Sendable (ProgramState) -> (bytes: [UInt8], ended: Bool),
        where isWanted: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let found = try await until(what, limit: limit) { state -> String?? in
            let (bytes, ended) = stream(state)
            var rest = bytes[...]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                if isWanted(line) { return .some(line) }
                rest = rest[(end + 1)...]
            }
            return ended ? .some(nil) : nil
        }
        guard let found else {
            throw Failure(.failed, "\(name) ended its output without \(what)", hint: errors)
        }
        return found
    }

    /// Waits for its end and the end of its output.
    ///
    /// - Throws: `Failure` after `limit`; the program is left running.
    package func wait(limit: Duration = .seconds(300)) async throws -> Ending {
        try await until("its end", limit: limit) { state in
            state.outputEnded && state.errorsEnded ? state.ending : nil
        }
    }

    /// Sends a signal to the program alone. Nothing happens once it has ended.
    package func signal(_ number: Int32) {
        // The lock keeps the process from being reaped, so the number cannot name another one.
        state.change { if $0.ending == nil { _ = Foundation.kill(processID, number) } }
    }

    /// Kills the program and every process of its group.
    package func kill() {
        state.change { if $0.ending == nil { _ = Foundation.kill(-processID, SIGKILL) } }
    }

    private func until<Value: Sendable>(
        _ what: String, limit: Duration, _ probe: @escaping @Sendable (ProgramState) -> Value?
    ) async throws -> Value {
        let identifier = state.nextIdentifier()
        let deadline = Task { [state] in
            // A cancelled sleep means that the wait is over: there is nothing left to expire.
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            state.expire(identifier)
        }
        defer { deadline.cancel() }
        let value: Value? = await withCheckedContinuation { continuation in
            state.await(identifier) { current in
                let value = current.flatMap(probe)
                guard value != nil || current == nil else { return false }
                continuation.resume(returning: value)
                return true
            }
        }
        guard let value else {
            throw Failure(.unavailable, "\(name): waited \(limit) for \(what)", hint: "standard error: \(errors)")
        }
        return value
    }
}

// MARK: - What the reading threads share

private struct ProgramState: Sendable {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var outputEnded = false
    var errorsEnded = false
    var ending: ChildProcess.Ending?
}

private final class Shared: Sendable {
    /// Returns true when it is done; nil means that its time is over.
    typealias Waiter = @Sendable (ProgramState?) -> Bool

    private struct Contents {
        var program = ProgramState()
        var waiters: [Int: Waiter] = [:]
        var lastIdentifier = 0
    }

    private let contents = Mutex(Contents())

    func read<Value>(_ body: (ProgramState) -> Value) -> Value { contents.withLock { body($0.program) } }

    func change(_ body: (inout ProgramState) -> Void) {
        contents.withLock {
            body(&$0.program)
            for (identifier, waiter) in $0.waiters where waiter($0.program) { $0.waiters[identifier] = nil }
        }
    }

    func nextIdentifier() -> Int {
        contents.withLock {
            $0.lastIdentifier += 1
            return $0.lastIdentifier
        }
    }

    func await(_ identifier: Int, _ waiter: @escaping Waiter) {
        contents.withLock { if !waiter($0.program) { $0.waiters[identifier] = waiter } }
    }

    func expire(_ identifier: Int) {
        contents.withLock { _ = $0.waiters.removeValue(forKey: identifier)?(nil) }
    }
}

extension ChildProcess {
    private static func feed(_ descriptor: Int32, _ input: [UInt8]) {
        guard !input.isEmpty else {
            close(descriptor)
            return
        }
        Thread.detachNewThread {
            // A program that ends without reading must not end the tests by SIGPIPE.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            var rest = input[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(descriptor)
        }
    }

    private static func read(
        _ descriptor: Int32, into shared: Shared, _ bytes: any WritableKeyPath<ProgramState, [UInt8]> & Sendable,
        _ ended: any WritableKeyPath<ProgramState, Bool> & Sendable
    ) {
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = Foundation.read(descriptor, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                shared.change {
                    let room = max(0, outputLimitBytes - $0[keyPath: bytes].count)
                    $0[keyPath: bytes].append(contentsOf: buffer[..<min(count, room)])
                }
            }
            close(descriptor)
            shared.change { $0[keyPath: ended] = true }
        }
    }

    private static func reap(_ processID: pid_t, into shared: Shared) {
        Thread.detachNewThread {
            var details = siginfo_t()
            // Waits without reaping: until the lock is held, the number must stay this process's own.
            while waitid(P_PID, id_t(processID), &details, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            shared.change {
                var status: Int32 = 0
                while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
                let signal = status & 0x7F
                $0.ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
            }
        }
    }
}
