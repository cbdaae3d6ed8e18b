import CLibCurl
import Foundation
import Synchronization

/// One exchange of one loop.
struct HTTPExchangeID: Hashable, Sendable {
    let number: UInt64
}

/// The client's thread: it starts with the first exchange, owns curl's multi handle, and ends when it is stopped.
///
/// Callers post commands and wake it. It executes them, lets curl move bytes, ends finished or late exchanges, and
/// sleeps in `curl_multi_poll` until a socket, a deadline or a command needs it. The thread keeps this object alive, so
/// the holder of a `CurlLoopLease` is the one that may stop it.
final class CurlLoop: Sendable {
    enum Command: Sendable {
        case start(HTTPSubmission)
        /// The caller has emptied the buffer of a paused exchange.
        case resume(HTTPExchangeID)
        case cancel(HTTPExchangeID)
    }

    private enum Phase { case unstarted, running, stopped }

    private struct State {
        var phase = Phase.unstarted
        var commands: [Command] = []
        var multi: MultiHandle?
        var lastExchange: UInt64 = 0
        var hasThread = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// `curl_multi_wakeup` is the one call that other threads may make, and they make it under the lock under which
    /// the thread withdraws the handle before it frees it.
    private struct MultiHandle: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }

    let settings: HTTPClientSettings
    private let state = Mutex(State())

    init(settings: HTTPClientSettings) { self.settings = settings }

    func nextExchange() -> HTTPExchangeID {
        state.withLock { state in
            state.lastExchange += 1
            return HTTPExchangeID(number: state.lastExchange)
        }
    }

    /// A start after the stop is answered with `HTTPFailure.cancelled`.
    func post(_ command: Command) {
        let (isRefused, startsThread) = state.withLock { state -> (Bool, Bool) in
            guard state.phase != .stopped else { return (true, false) }
            // While commands wait, the thread has been woken and has not come for them yet.
            let isWoken = !state.commands.isEmpty
            state.commands.append(command)
            if !isWoken, let multi = state.multi { curl_multi_wakeup(multi.pointer) }
            guard state.phase == .unstarted else { return (false, false) }
            state.phase = .running
            state.hasThread = true
            return (false, true)
        }
        if isRefused, case .start(let submission) = command { submission.channel.finish(.failure(.cancelled)) }
        if startsThread { startThread() }
    }

    /// Ends every exchange with `HTTPFailure.cancelled`, and then the thread.
    func stop() {
        state.withLock { state in
            state.phase = .stopped
            if let multi = state.multi { curl_multi_wakeup(multi.pointer) }
        }
    }

    /// Returns when the thread has ended, or was never started.
    func waitUntilStopped() async {
        await withCheckedContinuation { continuation in
            let isGone = state.withLock { state in
                if state.hasThread { state.stopWaiters.append(continuation) }
                return !state.hasThread
            }
            if isGone { continuation.resume() }
        }
    }

    // MARK: The thread

    private static let stackBytes = 1 << 20
    /// After a failed poll, which happens only when memory or descriptors are short.
    private static let pauseAfterErrorSeconds = 0.01

    /// Once in a process; libcurl counts no reference to it here, because it is needed until the end.
    private static let globalResult = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    private func startThread() {
        let thread = Thread { self.run() }
        thread.name = "guild-http"
        thread.stackSize = Self.stackBytes
        thread.start()
    }

    private func run() {
        // NOSIGNAL keeps curl from touching signal handlers, so a write to a closed connection must not signal.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        guard Self.globalResult == CURLE_OK, let multi = curl_multi_init() else { return end(startFailed: true) }
        guard curl_multi_wakeup(multi) == CURLM_OK else {
            curl_multi_cleanup(multi)
            return end(startFailed: true)
        }
        state.withLock { $0.multi = MultiHandle(pointer: multi) }
        let table = HTTPTransferTable(multi: multi, settings: settings)
        while let commands = takeCommands() {
            table.apply(commands)
            let timeout = table.advance()
            if curl_multi_poll(multi, nil, 0, timeout, nil) != CURLM_OK {
                Thread.sleep(forTimeInterval: Self.pauseAfterErrorSeconds)
            }
        }
        state.withLock { $0.multi = nil }
        table.endAll(.cancelled)
        curl_multi_cleanup(multi)
        end(startFailed: false)
    }

    /// Nil once the loop has been stopped.
    private func takeCommands() -> [Command]? {
        state.withLock { state in
            guard state.phase == .running else { return nil }
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// A loop that could not start is tried again with the next exchange.
    private func end(startFailed: Bool) {
        let (commands, waiters) = state.withLock { state in
            defer {
                state.commands = []
                state.stopWaiters = []
                state.hasThread = false
                if startFailed, state.phase == .running { state.phase = .unstarted }
            }
            return (state.commands, state.stopWaiters)
        }
        for case .start(let submission) in commands {
            let reason = "libcurl could not start: out of memory or file descriptors"
            let failure: HTTPFailure = startFailed ? .connect(host: submission.target.host, reason: reason) : .cancelled
            submission.channel.finish(.failure(failure))
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// Held by the client and by each stream of its: with the last of them the loop stops.
final class CurlLoopLease: Sendable {
    let loop: CurlLoop

    init(_ loop: CurlLoop) { self.loop = loop }

    deinit { loop.stop() }
}
