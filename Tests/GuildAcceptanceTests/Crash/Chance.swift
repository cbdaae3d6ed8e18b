import Foundation

/// The harness's dice: the same seed gives the same plan.
struct Chance: Sendable, RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// The seed of the environment's `GUILD_CRASH_SEED`, to see a plan again, else a new one.
    static var ofEnvironment: Chance {
        let wanted = ProcessInfo.processInfo.environment["GUILD_CRASH_SEED"].flatMap { UInt64($0) }
        return Chance(seed: wanted ?? UInt64.random(in: 0..<1_000_000))
    }

    /// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
