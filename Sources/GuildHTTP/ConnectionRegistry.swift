import GuildDomain
import Synchronization

/// The open connections, and which of them goes when there are too many: the one that has been quiet for longest.
///
/// A connection is quiet while nobody here works for it: from its beginning, its last answer, its last request's header,
/// or an answer that its client does not take. Bytes that trickle in do not make it younger.
final class ConnectionRegistry: Sendable {
    /// One connection.
    final class Entry: Sendable {
        /// Nil for a trusted proxy, which may have any number.
        let peer: AddressBlock?
        private let quietSince = Atomic<UInt64>(0)
        /// Called on any thread; a request in work is still answered.
        fileprivate let giveWay: @Sendable () -> Void

        init(peer: AddressBlock?, giveWay: @escaping @Sendable () -> Void) {
            self.peer = peer
            self.giveWay = giveWay
        }

        /// - Parameter nanoseconds: of the event loop's clock; nil while a request is answered.
        func setQuiet(since nanoseconds: UInt64?) { quietSince.store(nanoseconds ?? .max, ordering: .relaxed) }

        fileprivate var since: UInt64 { quietSince.load(ordering: .relaxed) }
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var ofPeers: [AddressBlock: Int] = [:]

        mutating func remove(_ entry: Entry) {
            guard entries.removeValue(forKey: ObjectIdentifier(entry)) != nil, let peer = entry.peer else { return }
            ofPeers[peer] = ofPeers[peer].flatMap { $0 > 1 ? $0 - 1 : nil }
        }

        /// The one that has been quiet for longest, of all or of one peer.
        func quietest(of peer: AddressBlock? = nil) -> Entry? {
            let candidates = entries.values.lazy.filter { $0.since != .max && (peer == nil || $0.peer == peer) }
            return candidates.min { $0.since < $1.since }
        }
    }

    private let limits: HTTPLimits
    private let state = Mutex(State())

    init(limits: HTTPLimits) { self.limits = limits }

    /// - Returns: how many others were closed for it; nil when its peer has too many, and each is being answered.
    func add(_ entry: Entry) -> Int? {
        let losers = state.withLock { state -> [Entry]? in
            var losers: [Entry] = []
            if let peer = entry.peer, state.ofPeers[peer, default: 0] >= limits.connectionsPerAddress {
                guard let loser = state.quietest(of: peer) else { return nil }
                state.remove(loser)
                losers.append(loser)
            }
            if state.entries.count >= limits.maxConnections, let loser = state.quietest() {
                state.remove(loser)
                losers.append(loser)
            }
            state.entries[ObjectIdentifier(entry)] = entry
            if let peer = entry.peer { state.ofPeers[peer, default: 0] += 1 }
            return losers
        }
        for loser in losers ?? [] { loser.giveWay() }
        return losers?.count
    }

    func remove(_ entry: Entry) { state.withLock { $0.remove(entry) } }
}
