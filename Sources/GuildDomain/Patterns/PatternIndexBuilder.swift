/// Builds the levels of a `PatternIndex`.
struct PatternIndexBuilder {
    /// A bucket with no more alternatives is not split: trying them is as quick as another look-up.
    private static let splitAbove = 2
    /// The most fields that separate alternatives.
    private static let maximumDepth = 8
    /// Places in buckets for each alternative, and in addition; a rule with many values takes many. A rule without a
    /// place is tried for every event.
    private static let placesEach = 16
    private static let placesBeside = 1 << 20
    /// Keys of one requirement that are counted and placed; one with more is looked up by its presence.
    private static let keysEach = EventPattern.Limit.values
    /// Keys of all alternatives of one rule: an `$or` multiplies them.
    private static let keysPerRule = 1 << 16

    /// A requirement whose paths have their numbers.
    private struct Ask {
        let paths: [Int]
        let keys: [IndexKey]?
    }

    /// A value at a path; without a key, any.
    fileprivate struct Slot: Hashable {
        let path: Int
        let key: IndexKey?
    }

    /// An alternative on its way down, and which of its asks brought it here.
    private struct Member {
        let number: Int
        var used: [Int]
    }

    private(set) var paths = PathTrie()
    private(set) var levels: [PatternIndex.Level] = []
    private(set) var buckets: [PatternIndex.Bucket] = []
    private(set) var alternatives: [PatternIndex.Alternative] = []
    private var asks: [[Ask]] = []
    private var placesLeft = 0

    init(_ rules: [PatternIndex.Rule]) {
        for (number, rule) in rules.enumerated() {
            let shared = rule.requirements.map { ask($0) }
            guard let pattern = rule.pattern else {
                add(PatternIndex.Alternative(rule: number, tree: nil), shared)
                continue
            }
            var keysLeft = Self.keysPerRule
            for alternative in pattern.alternatives {
                let own = alternative.fields.filter { !$0.wantsAbsence }.map { field in
                    let requirement = PatternIndex.Requirement(field)
                    keysLeft -= requirement.keys?.count ?? 0
                    return ask(requirement, withKeys: keysLeft >= 0)
                }
                add(PatternIndex.Alternative(rule: number, tree: alternative.tree), shared + own)
            }
        }
        placesLeft = alternatives.count * Self.placesEach + Self.placesBeside
    }

    private mutating func ask(_ requirement: PatternIndex.Requirement, withKeys: Bool = true) -> Ask {
        let keys = requirement.keys.flatMap { withKeys && $0.count <= Self.keysEach ? $0 : nil }
        return Ask(paths: requirement.paths.map { paths.number(of: $0) }, keys: keys)
    }

    private mutating func add(_ alternative: PatternIndex.Alternative, _ asks: [Ask]) {
        alternatives.append(alternative)
        self.asks.append(asks)
    }

    mutating func build() { _ = level(of: alternatives.indices.map { Member(number: $0, used: []) }) }

    /// No deeper than `maximumDepth`.
    private mutating func level(of members: [Member]) -> Int {
        let index = levels.count
        levels.append(PatternIndex.Level())
        let counts = counts(members)
        var places: [Slot: [Member]] = [:]
        var always: [Int] = []
        for member in members {
            guard let best = bestAsk(of: member, counts), place(member, best, &places) else {
                always.append(member.number)
                continue
            }
        }
        var entries: [Int: [(key: IndexKey?, bucket: Int)]] = [:]
        for (slot, members) in places {
            let bucket = buckets.count
            buckets.append(.alternatives([]))
            buckets[bucket] =
                isWorthSplitting(members) ? .level(level(of: members)) : .alternatives(members.map(\.number))
            entries[slot.path, default: []].append((slot.key, bucket))
        }
        levels[index] = PatternIndex.Level(tables: entries.mapValues { LeafTable($0) }, always: always)
        return index
    }

    private func isWorthSplitting(_ members: [Member]) -> Bool {
        members.count > Self.splitAbove && placesLeft > 0 && (members.first?.used.count ?? 0) < Self.maximumDepth
            && members.contains { $0.used.count < asks[$0.number].count }
    }

    /// How many members ask for each value; all ranges of a path count as one value, for they may overlap.
    private func counts(_ members: [Member]) -> [Slot: Int] {
        var counts: [Slot: Int] = [:]
        for member in members {
            for (index, ask) in asks[member.number].enumerated() where !member.used.contains(index) {
                for path in ask.paths {
                    if let keys = ask.keys {
                        for key in keys { counts[Slot(counting: key, at: path), default: 0] += 1 }
                    } else {
                        counts[Slot(path: path, key: nil), default: 0] += 1
                    }
                }
            }
        }
        return counts
    }

    /// The ask whose commonest value is the rarest; mere presence only if there is no other.
    private func bestAsk(of member: Member, _ counts: [Slot: Int]) -> Int? {
        var best: (index: Int, cost: (Int, Int, Int))?
        for (index, ask) in asks[member.number].enumerated() where !member.used.contains(index) {
            var cost = (ask.keys == nil ? 1 : 0, 0, 0)
            for path in ask.paths {
                for key in ask.keys ?? [] {
                    cost.1 = max(cost.1, counts[Slot(counting: key, at: path)] ?? 0)
                    cost.2 = max(cost.2, key.rank)
                }
                if ask.keys == nil { cost.1 = max(cost.1, counts[Slot(path: path, key: nil)] ?? 0) }
            }
            if best.map({ cost < $0.cost }) ?? true { best = (index, cost) }
        }
        return best?.index
    }

    /// - Returns: false if there is no room left.
    private mutating func place(_ member: Member, _ index: Int, _ places: inout [Slot: [Member]]) -> Bool {
        let ask = asks[member.number][index]
        let needed = ask.paths.count * (ask.keys?.count ?? 1)
        guard needed <= placesLeft else { return false }
        placesLeft -= needed
        var moved = member
        moved.used.append(index)
        for path in ask.paths {
            // A key that occurs twice in a list is placed once.
            for key in ask.keys.map({ Set($0).map(Optional.some) }) ?? [nil] {
                places[Slot(path: path, key: key), default: []].append(moved)
            }
        }
        return true
    }
}

extension PatternIndexBuilder.Slot {
    fileprivate init(counting key: IndexKey, at path: Int) {
        if case .range = key {
            self.init(path: path, key: .range(NumericRange(lower: nil, upper: nil)))
        } else {
            self.init(path: path, key: key)
        }
    }
}
