import DequeModule
import NIOCore

/// Shares one event loop among the connections that keep it busy: one of them gets a slice, then the loop polls its
/// sockets, then the next gets one.
///
/// Due tasks run before the loop polls sockets again: if each connection scheduled its own, many of them together would
/// keep the loop from new ones.
final class TurnQueue {
    /// The longest slice.
    static let turn = TimeAmount.milliseconds(1)

    private let eventLoop: any EventLoop
    private var waiting: Deque<() -> Void> = []
    private var isScheduled = false

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// - Parameter turn: called once, in the order of the calls.
    func wait(_ turn: @escaping () -> Void) {
        waiting.append(turn)
        schedule()
    }

    private func schedule() {
        guard !isScheduled, !waiting.isEmpty else { return }
        isScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        _ = eventLoop.scheduleTask(in: Self.turn) {
            let queue = bound.value
            queue.isScheduled = false
            queue.waiting.popFirst()?()
            queue.schedule()
        }
    }
}

/// The queues of all event loops.
final class TurnQueues: Sendable {
    private let queues: [ObjectIdentifier: NIOLoopBoundBox<TurnQueue?>]

    init(_ group: any EventLoopGroup) {
        queues = Dictionary(
            group.makeIterator().map { (ObjectIdentifier($0), .makeEmptyBox(eventLoop: $0)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// To be called on the event loop.
    func queue(of eventLoop: any EventLoop) -> TurnQueue {
        guard let box = queues[ObjectIdentifier(eventLoop)] else { return TurnQueue(eventLoop) }
        if let queue = box.value { return queue }
        let queue = TurnQueue(eventLoop)
        box.value = queue
        return queue
    }
}
