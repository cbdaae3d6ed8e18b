import GuildDomain
import Testing

@Suite struct RetryPolicyTests {
    @Test func `the ceiling doubles up to the cap`() {
        let policy = RetryPolicy(limit: 10, base: .seconds(2), cap: .seconds(30))
        let ceilings = (1...6).map { policy.delay(afterFailure: $0, jitter: 1)?.microseconds }
        #expect(ceilings == [2, 4, 8, 16, 30, 30].map { $0 * 1_000_000 })
    }

    @Test func `jitter is full`() {
        let policy = RetryPolicy()
        #expect(policy.delay(afterFailure: 1, jitter: 0) == .zero)
        #expect(policy.delay(afterFailure: 1, jitter: 0.5) == .seconds(1))
    }

    @Test func `after the last try there is none`() {
        let policy = RetryPolicy(limit: 2)
        #expect(policy.delay(afterFailure: 2, jitter: 0) != nil)
        #expect(policy.delay(afterFailure: 3, jitter: 0) == nil)
        #expect(RetryPolicy(limit: 0).delay(afterFailure: 1, jitter: 0) == nil)
    }

    @Test func `what the peer asked for may exceed the cap`() {
        let policy = RetryPolicy(cap: .seconds(10))
        #expect(policy.delay(afterFailure: 1, jitter: 0, atLeast: .seconds(600)) == .seconds(600))
    }

    @Test func `extreme values do not trap`() {
        let policy = RetryPolicy(limit: .max, base: .seconds(Int64.max), cap: .seconds(Int64.max))
        for jitter in [-.infinity, -1, 0, 1, 2, .infinity, .nan] as [Double] {
            for failures in [Int.min, 0, 1, 5, .max] {
                let delay = policy.delay(afterFailure: failures, jitter: jitter)
                #expect(delay.map { $0 >= .zero } == true)
            }
        }
    }
}
