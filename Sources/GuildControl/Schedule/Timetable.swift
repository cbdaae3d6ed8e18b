import GuildCodex
import GuildDomain

/// Every schedule by its next firing time: a binary heap, of which an idle scheduler looks only at the top.
///
/// The next due time of a schedule is computed once, after the previous one has been handled. A place takes 16 bytes
/// besides its entry and its mark.
struct Timetable {
    private struct Place {
        var turn: Timestamp
        var index: Int32
    }

    /// The commit that the entries are of; nil before the first.
    private(set) var commit: String?
    private(set) var entries: [ScheduleEntry] = []
    /// Up to when each entry is dealt with.
    private var marks: [Timestamp] = []
    private var heap: [Place] = []
    /// The latest instant seen: an earlier `now` means that the clock was set back.
    var lookedAt: Timestamp?

    /// Whether an entry lets a firing wait for an earlier run.
    private(set) var buffers = false
    /// Whether the ledger holds a firing that waits for one, also of an entry that lets none wait any more.
    var holdsBuffered = false

    /// Whether anything may wait for the end of a run.
    var waitsForRuns: Bool { buffers || holdsBuffered }

    /// The earliest firing time.
    var nextTurn: Timestamp? { heap.first?.turn }

    /// Takes up the schedules of a commit. One that was there already, unchanged and with the same mark, keeps its place.
    mutating func load(_ entries: [ScheduleEntry], commit: String, marks seen: [String: Timestamp], now: Timestamp) {
        var known: [String: (entry: ScheduleEntry, mark: Timestamp, turn: Timestamp?)] = [:]
        if !heap.isEmpty {
            known.reserveCapacity(self.entries.count)
            let turns = Dictionary(heap.map { ($0.index, $0.turn) }) { first, _ in first }
            for (index, entry) in self.entries.enumerated() {
                known[entry.id] = (entry, marks[index], turns[Int32(index)])
            }
        }
        self.entries = entries
        self.commit = commit
        buffers = entries.contains { $0.cron.overlap == .bufferOne }
        marks = entries.map { seen[$0.id] ?? now }
        heap = entries.indices.compactMap { index in
            let entry = entries[index]
            if let old = known[entry.id], old.mark == marks[index], old.entry.isSame(as: entry) {
                return old.turn.map { Place(turn: $0, index: Int32(index)) }
            }
            return place(index)
        }
        for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(parent) }
    }

    /// Removes the entry with the earliest firing time, if that is at or before `now`.
    mutating func popDue(by now: Timestamp) -> (index: Int, entry: ScheduleEntry, mark: Timestamp)? {
        guard let top = heap.first, top.turn <= now else { return nil }
        let end = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = end
            sink(0)
        }
        let index = Int(top.index)
        return (index, entries[index], marks[index])
    }

    /// Puts back an entry that has been handled up to `mark`.
    ///
    /// - Parameter notBefore: the earliest firing time for it.
    mutating func put(_ index: Int, mark: Timestamp, notBefore: Timestamp? = nil) {
        marks[index] = mark
        guard var place = place(index) else { return }
        if let notBefore { place.turn = max(place.turn, notBefore) }
        heap.append(place)
        var child = heap.count - 1
        while child > 0, heap[child].turn < heap[(child - 1) / 2].turn {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func place(_ index: Int) -> Place? {
        let entry = entries[index]
        return entry.next(after: marks[index]).map { Place(turn: entry.turn(of: $0), index: Int32(index)) }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].turn < heap[least].turn { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

extension ScheduleEntry {
    /// Whether both are due at the same times.
    fileprivate func isSame(as other: ScheduleEntry) -> Bool {
        timezone == other.timezone && (plan === other.plan || plan.cron == other.plan.cron)
    }
}
