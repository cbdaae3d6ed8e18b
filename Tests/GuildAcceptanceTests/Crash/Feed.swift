import GuildDomain
import Synchronization

/// Sends deliveries, remembers what was acknowledged, and sends again what no answer came for.
final class Feed: Sendable {
    private struct State {
        var lastNumber = 0
        var unanswered: [Delivery] = []
        var receipts: [Delivery: EventID] = [:]
        var inFlight = 0
        var sentOnce: Set<Delivery> = []
        var resent = 0
        var problems: [String] = []
        var sending = 0
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// Connections at once.
    private static let senders = 4

    private let state = Mutex(State())

    /// The deliveries that were answered 202 or 200, with their events.
    var receipts: [Delivery: EventID] { state.withLock { $0.receipts } }
    /// Deliveries that no answer has come for.
    var unanswered: Int { state.withLock { $0.unanswered.count } }
    /// Deliveries on their way.
    var inFlight: Int { state.withLock { $0.inFlight } }
    var resent: Int { state.withLock { $0.resent } }
    var problems: [String] { state.withLock { $0.problems } }

    /// Sends what is unanswered and `count` new deliveries; a sender ends when its connection breaks.
    func send(_ count: Int, to port: Int) async {
        state.withLock { state in
            for _ in 0..<count {
                state.lastNumber += 1
                state.unanswered.append(Delivery(number: state.lastNumber))
            }
            state.sending += 1
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.senders {
                group.addTask { while let delivery = self.next(), await self.send(delivery, to: port) {} }
            }
        }
        resume { $0.sending -= 1 }
    }

    /// Returns after `count` acknowledgements from now on, or when nothing more is sent.
    func acknowledgements(_ count: Int, since before: Int) async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.receipts.count >= before + count { return true }
                state.waiters.append((before + count, continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    private func next() -> Delivery? {
        state.withLock { state in
            guard !state.unanswered.isEmpty else { return nil }
            state.inFlight += 1
            let delivery = state.unanswered.removeFirst()
            if !state.sentOnce.insert(delivery).inserted { state.resent += 1 }
            return delivery
        }
    }

    /// - Returns: whether an answer came.
    private func send(_ delivery: Delivery, to port: Int) async -> Bool {
        let outcome: Result<Delivery.Receipt?, any Error>
        do {
            outcome = .success(try await delivery.send(to: port))
        } catch {
            outcome = .failure(error)
        }
        resume { state in
            state.inFlight -= 1
            switch outcome {
            case .success(let receipt?): state.receipts[delivery] = receipt.event
            case .success(nil): state.unanswered.append(delivery)
            case .failure(let error):
                state.unanswered.append(delivery)
                state.problems.append("\(error)")
            }
        }
        if case .success(.some) = outcome { return true }
        return false
    }

    private func resume(_ change: (inout State) -> Void) {
        let ready = state.withLock { state in
            change(&state)
            let (count, isOver) = (state.receipts.count, state.sending == 0)
            defer { state.waiters.removeAll { isOver || $0.count <= count } }
            return state.waiters.filter { isOver || $0.count <= count }
        }
        for waiter in ready { waiter.continuation.resume() }
    }
}
