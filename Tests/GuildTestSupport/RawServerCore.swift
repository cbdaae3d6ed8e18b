import Dispatch
import Foundation
import Synchronization

/// What a `RawServer` and its threads share.
final class RawServerCore: Sendable {
    struct Seen {
        var requests: [RawServer.Request] = []
        var accepted = 0
        var closedByPeer = 0
        var sentBytes = 0
    }

    private struct State {
        var seen = Seen()
        var waiters: [(isDone: @Sendable (Seen) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let greeting: [RawServer.Step]
    let script: RawServer.Script
    private let state = Mutex(State())
    private let threads = DispatchGroup()
    /// Open once the server stops.
    let stopGate: RawServerGate

    init(greeting: [RawServer.Step], script: @escaping RawServer.Script, stopGate: RawServerGate) {
        self.greeting = greeting
        self.script = script
        self.stopGate = stopGate
    }

    var seen: Seen { state.withLock { $0.seen } }

    func note(_ change: (inout Seen) -> Void) {
        let ready = state.withLock { state in
            change(&state.seen)
            let seen = state.seen
            defer { state.waiters.removeAll { $0.isDone(seen) } }
            return state.waiters.filter { $0.isDone(seen) }.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    func wait(until isDone: @escaping @Sendable (Seen) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isDoneAlready = state.withLock { state in
                if isDone(state.seen) { return true }
                state.waiters.append((isDone, continuation))
                return false
            }
            if isDoneAlready { continuation.resume() }
        }
    }

    func stop() {
        stopGate.release()
        threads.wait()
    }

    // MARK: Listening

    static func listen() throws -> (descriptor: Int32, port: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw RawServerFailure("socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(listener, start, size) == 0 && Foundation.listen(listener, SOMAXCONN) == 0
                && getsockname(listener, start, &size) == 0
        }
        guard isBound else {
            defer { close(listener) }
            throw RawServerFailure("bind")
        }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    func start(_ listener: Int32) { run { $0.accept(from: listener) } }

    private func accept(from listener: Int32) {
        defer { close(listener) }
        while RawServerConnection.isReady(listener, for: POLLIN, unless: stopGate) {
            let descriptor = Foundation.accept(listener, nil, nil)
            guard descriptor >= 0 else { continue }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            var number = 0
            note {
                $0.accepted += 1
                number = $0.accepted
            }
            let connection = number
            run { RawServerConnection(descriptor: descriptor, number: connection, core: $0).serve() }
        }
    }

    private func run(_ body: @escaping @Sendable (RawServerCore) -> Void) {
        threads.enter()
        Thread.detachNewThread { [self] in
            body(self)
            threads.leave()
        }
    }
}
