import Foundation
import GuildDomain

/// What it costs to match one event against 10, 1,000 and 100,000 rules.
///
/// Rules with a literal or a beginning to look up, at most ten of which match, are to stay within twice the cost of the
/// smallest count; the others are reported apart. The interpreter, which tries every rule, stands beside them.
struct PatternsBench {
    private static let counts = [10, 1000, 100_000]
    private static let repeats = 200
    /// The interpreter needs no more repeats than this to be told from the index.
    private static let interpreted = 3

    let setting: BenchSetting

    private struct Kind: Sendable {
        let name: String
        let pattern: @Sendable (Int) -> JSONValue
    }

    private static let lookedUp = [
        Kind(name: "literal") { ["system": ["github"], "data": ["repository": ["full_name": [repository($0)]]]] },
        Kind(name: "one of five literals") { number in
            ["data": ["repository": ["full_name": .array((0..<5).map { repository(number + $0) })]]]
        },
        Kind(name: "two fields, each common") { number in
            let side = 317
            return [
                "data": [
                    "issue": ["number": [.integer(10_000_000 + number % side)]],
                    "repository": ["id": [.integer(number / side)]],
                ]
            ]
        },
        Kind(name: "prefix") { ["data": ["repository": ["full_name": [["prefix": repository($0)]]]]] },
    ]

    private static let others = [
        Kind(name: "suffix") { ["data": ["repository": ["full_name": [["suffix": repository($0)]]]]] },
        Kind(name: "numeric range, one holds") { number in
            [
                "data": [
                    "issue": [
                        "number": [
                            ["numeric": [">=", .integer(10_000_000 + number), "<", .integer(10_000_001 + number)]]
                        ]
                    ]
                ]
            ]
        },
        Kind(name: "cidr, one holds") { number in
            ["ip": [["cidr": .string("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)/32")]]]
        },
        Kind(name: "wildcard without a literal end") { number in
            ["data": ["repository": ["full_name": [["wildcard": .string("*\(repository(number))*")]]]]]
        },
        Kind(name: "anything-but, all match") { number in
            ["data": ["action": [["anything-but": .string("action\(number)")]]]]
        },
    ]

    private static func repository(_ number: Int) -> JSONValue { .string("acme/shop-\(number)-") }

    func run() throws {
        let payload = try JSONParser.parse(try setting.payload())
        guard var data = payload.object, var repository = data["repository"]?.object else {
            throw Failure(.failed, "the payload has no repository")
        }
        repository["full_name"] = Self.repository(7)
        repository["id"] = 0
        data["repository"] = .object(repository)
        let event: JSONValue = ["system": "github", "type": "issues.opened", "ip": "10.0.0.7", "data": .object(data)]
        try show(Self.lookedUp, event, title: "Match one event of 8 KB: rules with a literal or a beginning")
        try show(Self.others, event, title: "Match one event of 8 KB: other rules")
    }

    private func show(_ kinds: [Kind], _ event: JSONValue, title: String) throws {
        var table = MarkdownTable([
            "rules", "count", "matching", "tried", "build ms", "index µs", "to the smallest", "interpreter µs",
        ])
        for kind in kinds {
            var smallest: Double?
            for count in Self.counts {
                let patterns = try (0..<count).map { try EventPattern(parsing: kind.pattern($0)) }
                let start = MonotonicClock.now
                let index = PatternIndex(patterns.map { PatternIndex.Rule($0) })
                let built = Double(MonotonicClock.now - start) / 1e6
                let matching = index.rules(matching: event).count
                guard matching == patterns.count(where: { $0.matches(event) }) else {
                    throw Failure(.failed, "index and interpreter disagree about '\(kind.name)'")
                }
                let repeats = matching > 1000 ? Self.interpreted : Self.repeats
                let cost = microseconds(repeats) { index.rules(matching: event).count }
                let plain = microseconds(Self.interpreted) { patterns.count(where: { $0.matches(event) }) }
                table.add([
                    kind.name, String(count), String(matching), String(index.tried(for: event)), built.figure,
                    cost.figure,
                    (cost / (smallest ?? cost)).figure, plain.figure,
                ])
                smallest = smallest ?? cost
            }
        }
        table.show(title: title)
    }

    /// The median round's mean.
    private func microseconds(_ repeats: Int, _ step: () -> Int) -> Double {
        var (times, sum): ([Double], Int) = ([], 0)
        for _ in 0..<setting.rounds {
            let start = MonotonicClock.now
            for _ in 0..<repeats { sum &+= step() }
            times.append(Double(MonotonicClock.now - start) / 1e3 / Double(repeats))
        }
        return sum < 0 ? .nan : times.median
    }
}
