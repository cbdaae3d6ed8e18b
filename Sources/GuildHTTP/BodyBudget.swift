import GuildDomain
import Synchronization

/// The memory for bodies, over all connections and for each client address.
///
/// It is taken as the bytes arrive, whatever length was announced. When it is full, one of the unfinished bodies is
/// dropped, in this order: one that has stalled, the longest silent first; one that arrives clearly slower than the one
/// that needs room, the slowest first; one that is larger, the largest first. So neither a few large bodies nor many
/// endless ones keep a delivery out.
final class BodyBudget: Sendable {
    enum Answer: Sendable {
        case taken
        /// The client's own quota is used up.
        case addressIsFull
        case full
    }

    /// One body: from its first byte until its handler has ended.
    final class Hold: Sendable {
        /// Nil is held to no quota of its own.
        let client: AddressBlock?
        /// Called on any thread when the body must go; its bytes count no longer then.
        fileprivate let giveWay: @Sendable () -> Void

        init(client: AddressBlock?, giveWay: @escaping @Sendable () -> Void) {
            self.client = client
            self.giveWay = giveWay
        }
    }

    /// Times are nanoseconds of the event loops' clock; those of two loops may cross.
    private struct Holding {
        let hold: Hold
        let began: UInt64
        var lastCame: UInt64
        var bytes = 0
        /// Whether more of it is to come; a whole body belongs to its handler.
        var isComing = true

        init(hold: Hold, now: UInt64) {
            self.hold = hold
            began = now
            lastCame = now
        }

        func age(_ now: UInt64) -> UInt64 { now > began ? now - began : 0 }
        func silence(_ now: UInt64) -> UInt64 { now > lastCame ? now - lastCame : 0 }
        /// Bytes a nanosecond since it began.
        func pace(_ now: UInt64) -> Double { Double(bytes) / Double(max(age(now), BodyBudget.shortestAge)) }

        func hasStopped(_ now: UInt64) -> Bool {
            silence(now) >= (bytes >= BodyBudget.largeBytes ? BodyBudget.patienceWithLarge : BodyBudget.patience)
        }

        func isSlower(than other: Holding, _ now: UInt64) -> Bool {
            (bytes >= BodyBudget.largeBytes || age(now) >= BodyBudget.patience)
                && pace(now) * BodyBudget.fasterTimes < other.pace(now)
        }
    }

    /// A body of which nothing has come for as long has stopped. One that is younger has no pace yet that could be judged,
    /// unless it is large.
    private static let patience: UInt64 = 1_000_000_000
    /// The same for a large body, which keeps many others out.
    private static let patienceWithLarge: UInt64 = 200_000_000
    private static let largeBytes = 64 << 10
    /// Bytes within a shorter time count as arriving at once.
    private static let shortestAge: UInt64 = 10_000_000
    /// How many times as fast a body must come as one that is to give way to it.
    private static let fasterTimes = 1.25

    private struct State {
        var bytes = 0
        var ofClients: [AddressBlock: Int] = [:]
        var holdings: [ObjectIdentifier: Holding] = [:]

        /// The body that is dropped for `asking`, if that frees the room it needs.
        func loser(to asking: Holding, now: UInt64) -> (key: ObjectIdentifier, hold: Hold)? {
            let coming = holdings.filter { $0.value.isComing && $0.value.hold !== asking.hold }
            let silent = coming.filter { $0.value.hasStopped(now) }
            let slow = coming.filter { $0.value.isSlower(than: asking, now) }
            let large = coming.filter { $0.value.bytes > asking.bytes }
            let loser =
                silent.max { $0.value.silence(now) < $1.value.silence(now) }
                ?? slow.min { $0.value.pace(now) < $1.value.pace(now) }
                ?? large.max { $0.value.bytes < $1.value.bytes }
            return loser.map { ($0.key, $0.value.hold) }
        }

        mutating func remove(_ key: ObjectIdentifier) {
            guard let holding = holdings.removeValue(forKey: key) else { return }
            bytes -= holding.bytes
            guard let client = holding.hold.client, let sum = ofClients[client] else { return }
            ofClients[client] = sum > holding.bytes ? sum - holding.bytes : nil
        }
    }

    private let limits: HTTPLimits
    private let state = Mutex(State())

    init(limits: HTTPLimits) { self.limits = limits }

    /// - Parameter now: nanoseconds of the event loops' clock.
    func begin(_ hold: Hold, now: UInt64) {
        state.withLock { $0.holdings[ObjectIdentifier(hold)] = Holding(hold: hold, now: now) }
    }

    /// Takes room for a piece of a body that has come.
    ///
    /// - Parameter now: nanoseconds of the event loops' clock.
    func take(_ count: Int, for hold: Hold, now: UInt64) -> Answer {
        let (answer, losers) = state.withLock { state -> (Answer, [Hold]) in
            let key = ObjectIdentifier(hold)
            // One that has given way gets nothing more.
            guard var asking = state.holdings[key] else { return (.full, []) }
            asking.bytes += count
            asking.lastCame = now
            if let client = hold.client {
                guard state.ofClients[client, default: 0] + count <= limits.bodyBytesPerAddress else {
                    return (.addressIsFull, [])
                }
            }
            var losers: [Hold] = []
            while state.bytes + count > limits.bufferedBodyBytes {
                guard let loser = state.loser(to: asking, now: now) else { return (.full, losers) }
                losers.append(loser.hold)
                state.remove(loser.key)
            }
            state.holdings[key] = asking
            state.bytes += count
            if let client = hold.client { state.ofClients[client, default: 0] += count }
            return (.taken, losers)
        }
        for loser in losers { loser.giveWay() }
        return answer
    }

    /// The body is whole: it gives way no longer.
    ///
    /// - Returns: false for one that has just given way.
    func complete(_ hold: Hold) -> Bool {
        state.withLock { state in
            guard state.holdings[ObjectIdentifier(hold)] != nil else { return false }
            state.holdings[ObjectIdentifier(hold)]?.isComing = false
            return true
        }
    }

    func end(_ hold: Hold) { state.withLock { $0.remove(ObjectIdentifier(hold)) } }
}
