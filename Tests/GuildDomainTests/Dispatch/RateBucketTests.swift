import GuildDomain
import Testing

@Suite struct RateBucketTests {
    private static let start = Timestamp(seconds: 1_790_000_000)

    @Test(arguments: 0..<200)
    func `no window of time sees more than the burst and what came in meanwhile`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let rate = Rate(perMinute: Int64.random(in: 1...6000, using: &dice), burst: .random(in: 1...50, using: &dice))
        var (bucket, now) = (RateBucket.full(rate, at: Self.start), Self.start)
        var turns: [Timestamp] = []
        for _ in 0..<300 {
            now = now + .microseconds(Int64.random(in: 0...2_000_000, using: &dice))
            bucket = bucket.filled(rate, at: now).taking(1)
            turns.append(now + bucket.wait(rate))
        }
        #expect(turns == turns.sorted(), "who came first goes first")
        for (first, begin) in turns.enumerated() {
            for last in first..<min(first + 40, turns.count) {
                let elapsed = (turns[last] - begin).microseconds
                let most = Double(rate.burst) + Double(elapsed) * Double(rate.perMinute) / 60_000_000 + 1e-6
                #expect(Double(last - first + 1) <= most + 1, "\(seed): \(first)…\(last)")
            }
        }
    }

    @Test func `who waits until told so goes exactly then`() {
        let rate = Rate(perMinute: 7, burst: 2)
        var bucket = RateBucket.full(rate, at: Self.start)
        var waits: [Duration] = []
        for _ in 0..<4 {
            bucket = bucket.filled(rate, at: Self.start).taking(1)
            waits.append(bucket.wait(rate))
        }
        #expect(waits == [.zero, .zero, .microseconds(8_571_429), .microseconds(17_142_858)])
        #expect(bucket.filled(rate, at: Self.start + waits[3]).wait(rate) == .zero)
    }

    @Test func `a clock that is set back neither fills it nor stops it for good`() {
        let rate = Rate(perMinute: 60, burst: 1)
        let empty = RateBucket.full(rate, at: Self.start).taking(1)
        let back = empty.filled(rate, at: Self.start - .seconds(3600))
        #expect(back.available == 0)
        #expect(back.filled(rate, at: Self.start - .seconds(3599)).available == 1)
    }

    @Test(arguments: [Int64.min, -1, 0, 1, .max])
    func `no number traps`(number: Int64) {
        let rate = Rate(perMinute: number, burst: number)
        let bucket = RateBucket(level: number, at: Timestamp(microseconds: number))
        for now in [Timestamp(microseconds: .min), Timestamp(microseconds: 0), Timestamp(microseconds: .max)] {
            let filled = bucket.filled(rate, at: now).taking(number)
            #expect(filled.wait(rate) >= .zero)
            #expect(filled.available >= 0)
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
