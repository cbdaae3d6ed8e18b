import GuildDomain
import Synchronization
import Testing

@testable import GuildHTTP

struct ConnectionRegistryTests {
    private let registry = ConnectionRegistry(limits: HTTPLimits(maxConnections: 3, connectionsPerAddress: 2))
    private let closed = Log()

    private final class Log: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func add(_ name: String) { names.withLock { $0.append(name) } }
    }

    private func entry(_ name: String, _ peer: String? = nil, since: UInt64?) -> ConnectionRegistry.Entry {
        let entry = ConnectionRegistry.Entry(peer: peer.flatMap { InternetAddress($0)?.holder }) { [closed] in
            closed.add(name)
        }
        entry.setQuiet(since: since)
        return entry
    }

    @Test func `the one that has been quiet for longest goes when there are too many`() {
        for (name, since) in [("a", 20), ("b", 10), ("c", 30)] as [(String, UInt64)] {
            #expect(registry.add(entry(name, since: since)) == 0)
        }
        #expect(registry.add(entry("d", since: 40)) == 1)
        #expect(registry.add(entry("e", since: 50)) == 1)
        #expect(closed.all == ["b", "a"])
    }

    @Test func `one that is being answered stays`() {
        for name in ["a", "b", "c"] { #expect(registry.add(entry(name, since: nil)) == 0) }
        #expect(registry.add(entry("d", since: 1)) == 0)
        #expect(registry.add(entry("e", since: 2)) == 1)
        #expect(closed.all == ["d"])
    }

    @Test func `a peer with too many loses its own, not those of others`() {
        #expect(registry.add(entry("other", "192.0.2.9", since: 1)) == 0)
        #expect(registry.add(entry("a", "192.0.2.1", since: 2)) == 0)
        #expect(registry.add(entry("b", "192.0.2.1", since: 3)) == 0)
        #expect(registry.add(entry("c", "192.0.2.1", since: 4)) == 1)
        #expect(closed.all == ["a"])
    }

    @Test func `a peer whose connections are all being answered gets no further one`() {
        for name in ["a", "b"] { #expect(registry.add(entry(name, "192.0.2.1", since: nil)) == 0) }
        #expect(registry.add(entry("c", "192.0.2.1", since: 4)) == nil)
        #expect(closed.all == [])
    }

    @Test func `what has closed counts no longer`() {
        let entries = ["a", "b"].map { entry($0, "192.0.2.1", since: 1) }
        for entry in entries { #expect(registry.add(entry) == 0) }
        for entry in entries + entries { registry.remove(entry) }
        for name in ["c", "d"] { #expect(registry.add(entry(name, "192.0.2.1", since: 1)) == 0) }
        #expect(closed.all == [])
    }
}
