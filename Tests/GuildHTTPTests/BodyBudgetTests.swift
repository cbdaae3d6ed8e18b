import GuildDomain
import Synchronization
import Testing

@testable import GuildHTTP

struct BodyBudgetTests {
    private let budget = BodyBudget(limits: HTTPLimits(bufferedBodyBytes: 100, bodyBytesPerAddress: 60))

    /// A hold that has begun, and whether it was told to give way.
    private func hold(_ client: String? = nil, now: UInt64 = 0) -> (hold: BodyBudget.Hold, hasGivenWay: Mark) {
        let mark = Mark()
        let hold = BodyBudget.Hold(client: client.flatMap { InternetAddress($0)?.holder }) { mark.set() }
        budget.begin(hold, now: now)
        return (hold, mark)
    }

    private final class Mark: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    @Test func `room counts by the bytes that have come, and comes back at the end`() {
        let first = hold().hold
        #expect(budget.take(50, for: first) == .taken)
        #expect(budget.take(50, for: first) == .taken)
        #expect(budget.take(1, for: first) == .full)
        budget.end(first)
        #expect(budget.take(100, for: hold().hold) == .taken)
    }

    @Test func `the largest body that is still coming gives way to a smaller one, and gets nothing more`() {
        let (small, smallMark) = hold()
        let (large, largeMark) = hold()
        #expect(budget.take(30, for: small) == .taken)
        #expect(budget.take(60, for: large) == .taken)
        let (late, _) = hold()
        #expect(budget.take(20, for: late) == .taken)
        #expect(largeMark.isSet)
        #expect(!smallMark.isSet)
        #expect(budget.take(1, for: large) == .full)
        #expect(!budget.complete(large))
        #expect(budget.take(50, for: late) == .taken)
        #expect(!smallMark.isSet)
    }

    @Test func `no body gives way to a larger one, nor once it is whole`() {
        let (first, mark) = hold()
        #expect(budget.take(80, for: first) == .taken)
        let second = hold().hold
        #expect(budget.take(90, for: second) == .full)
        #expect(budget.complete(first))
        #expect(budget.take(30, for: second) == .full)
        #expect(!mark.isSet)
        #expect(budget.take(20, for: second) == .taken)
    }

    private static let second: UInt64 = 1_000_000_000

    @Test func `bodies that have stopped coming give way to a larger one, the longest silent first`() {
        let (old, oldMark) = hold()
        let (young, youngMark) = hold()
        let (fresh, freshMark) = hold(now: 3 * Self.second)
        #expect(budget.take(30, for: old) == .taken)
        #expect(budget.take(30, for: young, now: Self.second) == .taken)
        #expect(budget.take(30, for: fresh, now: 3 * Self.second) == .taken)
        let large = hold(now: 3 * Self.second).hold
        #expect(budget.take(40, for: large, now: 3 * Self.second) == .taken)
        #expect(oldMark.isSet)
        #expect(!youngMark.isSet)
        #expect(budget.take(30, for: large, now: 3 * Self.second) == .taken)
        #expect(youngMark.isSet)
        #expect(budget.take(10, for: large, now: 3 * Self.second) == .full)
        #expect(!freshMark.isSet)
    }

    @Test func `a body that trickles gives way to one that comes briskly, and not the other way round`() {
        let (trickle, mark) = hold()
        #expect(budget.take(30, for: trickle) == .taken)
        for tenth: UInt64 in 1...20 {
            #expect(budget.take(1, for: trickle, now: tenth * Self.second / 10) == .taken)
        }
        let now = 2 * Self.second
        let (large, largeMark) = hold(now: now)
        #expect(budget.take(50, for: large, now: now) == .taken)
        #expect(budget.take(1, for: trickle, now: now) == .full)
        #expect(!largeMark.isSet)
        #expect(budget.take(10, for: large, now: now + Self.second / 100) == .taken)
        #expect(mark.isSet)
    }

    /// Bodies of 60 clients that never end, and in the same moment or later a large delivery at 10 MB/s.
    @Test(arguments: [(600_000, 0), (900_000, 0), (900_000, 300), (60_000, 1100)])
    func `many bodies that never end keep no large delivery out`(bytes: Int, millisecondsLater: Int) {
        let budget = BodyBudget(limits: HTTPLimits())
        let millisecond = Self.second / 1000
        let count = 60 * 900_000 / bytes
        for number in 0..<count {
            let hold = BodyBudget.Hold(client: InternetAddress("192.0.2.\(number % 200)")?.holder) {}
            budget.begin(hold, now: 0)
            _ = budget.take(bytes, for: hold, now: 0)
        }
        let delivery = BodyBudget.Hold(client: InternetAddress("198.51.100.7")?.holder) {}
        var now = UInt64(millisecondsLater) * millisecond
        budget.begin(delivery, now: now)
        var came = 0
        while came < 12_000_000, budget.take(20_000, for: delivery, now: now) == .taken {
            came += 20_000
            now += 2 * millisecond
        }
        #expect(came == 12_000_000)
        #expect(budget.complete(delivery))
    }

    @Test func `a whole body gives way to none, however long its handler takes`() {
        let (whole, mark) = hold()
        #expect(budget.take(80, for: whole) == .taken)
        #expect(budget.complete(whole))
        let late = hold(now: 9 * Self.second).hold
        #expect(budget.take(30, for: late, now: 9 * Self.second) == .full)
        #expect(!mark.isSet)
    }

    @Test func `one client address has a quota over all its bodies, and others keep theirs`() {
        let first = hold("192.0.2.1").hold
        #expect(budget.take(40, for: first) == .taken)
        #expect(budget.take(30, for: hold("192.0.2.1").hold) == .addressIsFull)
        #expect(budget.take(30, for: hold("192.0.2.2").hold) == .taken)
        budget.end(first)
        #expect(budget.take(30, for: hold("192.0.2.1").hold) == .taken)
    }

    @Test func `an IPv6 network of one holder is one client`() {
        #expect(budget.take(40, for: hold("2001:db8::1").hold) == .taken)
        #expect(budget.take(30, for: hold("2001:db8::ffff:2").hold) == .addressIsFull)
        #expect(budget.take(30, for: hold("2001:db8:0:1::1").hold) == .taken)
    }

    @Test func `a hold ends once, however often it is told`() {
        let (first, second) = (hold().hold, hold().hold)
        #expect(budget.take(50, for: first) == .taken)
        #expect(budget.take(50, for: second) == .taken)
        budget.end(first)
        budget.end(first)
        #expect(budget.take(51, for: hold().hold) == .full)
    }
}

extension BodyBudget {
    fileprivate func take(_ count: Int, for hold: Hold) -> Answer { take(count, for: hold, now: 0) }
}
