import GuildDomain
import Testing

@Suite struct FairShareTests {
    /// Runs one at a time for chapters that always want more.
    private struct Simulation {
        var chapters: [FairShare.Chapter]
        var clock: Int64 = 0
        var used: [String: Int64] = [:]

        mutating func run(_ wanting: Set<String>, turns: Int, _ dice: inout Dice) {
            for _ in 0..<turns {
                let order = FairShare.order(chapters.filter { wanting.contains($0.name) }, clock: clock)
                guard let next = order.first, let index = chapters.firstIndex(where: { $0.name == next.name }) else {
                    return
                }
                clock = FairShare.start(next, clock: clock)
                let tokens = Int64.random(in: 100...5000, using: &dice)
                chapters[index].virtualTime = clock + FairShare.growth(tokens: tokens, weight: next.weight)
                used[next.name, default: 0] += tokens
            }
        }

        func perWeight(_ name: String) -> Int64 {
            (used[name] ?? 0) / (chapters.first { $0.name == name }?.weight ?? 1)
        }
    }

    @Test(arguments: 0..<100)
    func `tokens are shared by weight, to within one run`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let count = Int.random(in: 2...6, using: &dice)
        let chapters = (0..<count).map {
            FairShare.Chapter(name: "c\($0)", weight: Int64.random(in: 1...9, using: &dice))
        }
        var simulation = Simulation(chapters: chapters)
        simulation.run(Set(chapters.map(\.name)), turns: 2000, &dice)
        let shares = chapters.map { simulation.perWeight($0.name) }
        let spread = (shares.max() ?? 0) - (shares.min() ?? 0)
        #expect(spread <= 2 * 5000, "\(seed): \(shares)")
    }

    @Test(arguments: 0..<50)
    func `one that was away is owed nothing for that time`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var simulation = Simulation(chapters: [.init(name: "a"), .init(name: "b"), .init(name: "late")])
        simulation.run(["a", "b"], turns: 500, &dice)
        simulation.used = [:]
        simulation.run(["a", "b", "late"], turns: 300, &dice)
        let shares = ["a", "b", "late"].map(simulation.perWeight)
        #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 2 * 5000, "\(seed): \(shares)")
    }

    @Test func `one below its guaranteed slots goes first, whatever it has used`() {
        let poor = FairShare.Chapter(name: "poor", virtualTime: 0)
        var owed = FairShare.Chapter(name: "owed", virtualTime: 1_000_000, slots: 1, guaranteed: 2)
        #expect(FairShare.order([poor, owed], clock: 0).map(\.name) == ["owed", "poor"])
        owed.slots = 2
        #expect(FairShare.order([poor, owed], clock: 0).map(\.name) == ["poor", "owed"])
    }

    @Test func `what runs counts before anybody knows what it uses`() {
        let busy = FairShare.Chapter(name: "a", running: 3)
        #expect(FairShare.order([busy, .init(name: "b")], clock: 0).map(\.name) == ["b", "a"])
    }

    @Test(arguments: [(0.3, 16, 5), (0, 16, 0), (1, 4, 4), (7, 4, 4), (-1, 4, 0), (.nan, 4, 0), (0.01, 16, 1)])
    func `a share of slots is rounded up`(share: Double, slots: Int, expected: Int) {
        #expect(FairShare.guaranteed(share: share, of: slots) == expected)
    }

    @Test func `no number traps`() {
        let extremes = [Int64.min, -1, 0, 1, Int64.max]
        for tokens in extremes {
            for weight in extremes { #expect(FairShare.growth(tokens: tokens, weight: weight) >= 0) }
            let chapter = FairShare.Chapter(name: "a", virtualTime: tokens, weight: tokens, running: .max)
            #expect(FairShare.order([chapter, chapter], clock: tokens).count == 2)
        }
    }
}
