import GuildDomain
import Synchronization

/// Room for the bodies that are held in memory, over all connections and for each client address.
///
/// It is taken as the bytes arrive, whatever length was announced. When it is full, the largest body that is still coming
/// gives way to a smaller one: a few clients with large bodies keep no delivery out.
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

    private struct Holding {
        let hold: Hold
        var bytes = 0
        /// Whether more of it is to come; a whole body belongs to its handler.
        var isComing = true
    }

    private struct State {
        var bytes = 0
        var ofClients: [AddressBlock: Int] = [:]
        var holdings: [ObjectIdentifier: Holding] = [:]

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

    func begin(_ hold: Hold) { state.withLock { $0.holdings[ObjectIdentifier(hold)] = Holding(hold: hold) } }

    /// Takes room for a piece of a body.
    func take(_ count: Int, for hold: Hold) -> Answer {
        let (answer, losers) = state.withLock { state -> (Answer, [Hold]) in
            let key = ObjectIdentifier(hold)
            // One that has given way gets nothing more.
            guard let bytes = state.holdings[key]?.bytes else { return (.full, []) }
            if let client = hold.client {
                guard state.ofClients[client, default: 0] + count <= limits.bodyBytesPerAddress else {
                    return (.addressIsFull, [])
                }
            }
            var losers: [Hold] = []
            while state.bytes + count > limits.bufferedBodyBytes {
                let coming = state.holdings.lazy.filter(\.value.isComing)
                guard let largest = coming.max(by: { $0.value.bytes < $1.value.bytes }),
                    largest.value.bytes > bytes + count
                else { return (.full, losers) }
                losers.append(largest.value.hold)
                state.remove(largest.key)
            }
            state.holdings[key]?.bytes += count
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
