/// What a kill waits for: counts of things, never seconds.
enum Aim: Sendable, Hashable {
    /// Everything that was sent is done, and the processes have just started.
    case idle
    /// So many writes to the write-ahead log, and then the next one that is found within a transaction.
    case commit(afterWrites: Int)
    /// A model's answer is held, before its head or behind so many of its events.
    case modelCall(afterEvents: Int?)
    /// A comment is held, before it is made or with its answer on the way.
    case send(afterEffect: Bool)
    case writes(Int)
    case acknowledgements(Int)
    case modelRequests(Int)
    case githubRequests(Int)
}

/// One kill to come.
struct PlannedKill: Sendable {
    let layout: Layout
    let aim: Aim
    /// Every process, where each component has its own; else the one that the aim is about, or any.
    let killsAll: Bool
    /// New deliveries that are sent meanwhile.
    let deliveries: Int
    /// Picks the process that dies, where nothing else does: the components take turns.
    let turn: Int
}

/// Draws up the kills: in segments, one layout each, that begin idle and end with the death of all.
struct KillPlan: Sendable {
    let kills: [PlannedKill]

    private static let segmentLengths = 6...9
    private static let deliveries = 2...5
    /// The shortest answer has five events; one that is held behind its last is whole.
    private static let largestHeldEvents = 3

    init(kills count: Int, by chance: inout Chance) {
        var aims = Self.aims(count, by: &chance)
        var kills: [PlannedKill] = []
        var layout = Layout.together
        while kills.count < count {
            let length = min(Int.random(in: Self.segmentLengths, using: &chance), count - kills.count)
            for position in 0..<length {
                let aim = position == 0 ? .idle : aims.removeLast()
                let isLast = position == length - 1
                kills.append(
                    PlannedKill(
                        layout: layout, aim: aim, killsAll: isLast || Int.random(in: 0..<6, using: &chance) == 0,
                        deliveries: aim == .idle ? 0 : Int.random(in: Self.deliveries, using: &chance),
                        turn: kills.count))
            }
            layout = layout == .together ? .apart : .together
        }
        self.kills = kills
    }

    /// Each sixth at a commit, a model call and a send for certain; the rest anywhere.
    private static func aims(_ count: Int, by chance: inout Chance) -> [Aim] {
        let sure = max(3, count / 6)
        var aims: [Aim] = []
        for _ in 0..<sure {
            aims.append(.commit(afterWrites: Int.random(in: 0...20, using: &chance)))
            let events = Int.random(in: -1...largestHeldEvents, using: &chance)
            aims.append(.modelCall(afterEvents: events < 0 ? nil : events))
            aims.append(.send(afterEffect: Bool.random(using: &chance)))
        }
        while aims.count < count {
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: aims.append(.writes(Int.random(in: 1...30, using: &chance)))
            // No more than the deliveries of a round.
            case 1: aims.append(.acknowledgements(Int.random(in: 1...deliveries.lowerBound, using: &chance)))
            case 2: aims.append(.modelRequests(Int.random(in: 1...(2 * deliveries.lowerBound), using: &chance)))
            default: aims.append(.githubRequests(Int.random(in: 1...deliveries.lowerBound, using: &chance)))
            }
        }
        return aims.shuffled(using: &chance)
    }
}
