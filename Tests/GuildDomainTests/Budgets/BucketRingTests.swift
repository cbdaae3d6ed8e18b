import GuildDomain
import Testing

@Suite struct BucketRingTests {
    @Test func `sixty buckets and the oldest partial one count, older ones do not`() {
        var ring = BucketRing()
        for number in Int64(100)..<200 { ring.add(Spending(tokens: 1, cost: 2), in: number) }
        #expect(ring.buckets.count == 61)
        #expect(ring.sum(at: 199) == Spending(tokens: 61, cost: 122))
        #expect(ring.sum(at: 219).tokens == 41)
        #expect(ring.sum(at: 259).tokens == 1)
        #expect(ring.sum(at: 260) == Spending())
        #expect(ring.firstBucket(from: 199) { $0.tokens <= 60 } == 200)
        #expect(ring.firstBucket(from: 199) { $0.tokens <= 0 } == 260)
        #expect(ring.firstBucket(from: 199) { $0.tokens < 0 } == nil)
    }

    @Test func `it reads back what it wrote`() throws {
        var ring = BucketRing()
        for (number, tokens) in [(1, 5), (30, Int64.max), (1_800_000_000, 127), (1_800_000_001, 128)]
            as [(Int64, Int64)]
        {
            ring.add(Spending(tokens: tokens, cost: tokens / 3), in: number)
            #expect(try #require(BucketRing(bytes: ring.bytes)) == ring)
        }
        #expect(BucketRing(bytes: []) == BucketRing())
    }

    @Test func `other bytes are refused`() {
        let many = [UInt8](repeating: 1, count: 210)
        let long = [UInt8](repeating: 0xFF, count: 40)
        for bytes: [UInt8] in [[1], [1, 2], [0x80], long, [5, 1, 1, 0, 1, 1], many] {
            #expect(BucketRing(bytes: bytes) == nil)
        }
    }

    @Test func `a spending in the past counts in the newest bucket`() {
        var ring = BucketRing()
        ring.add(Spending(tokens: 1), in: 10)
        ring.add(Spending(tokens: 2), in: 4)
        #expect(ring.buckets.map(\.number) == [10])
        #expect(ring.buckets.map(\.spent.tokens) == [3])
    }
}
