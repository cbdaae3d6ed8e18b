import Foundation

/// Prefixes, each with its bucket; a binary search finds those of a text.
///
/// In byte order, every prefix of a text that is in the table is also a prefix of the greatest entry that is not after
/// the text. So each entry knows its own longest prefix among the entries, and that chain contains all of them.
///
/// The search compares eight bytes of each entry, stored side by side: a hundred thousand separate texts, scattered
/// over memory, would make it as slow as memory is.
struct AffixTable: Sendable {
    private let affixes: [[UInt8]]
    private let buckets: [Int]
    /// The longest other entry that is a prefix of this one; -1 if there is none.
    private let parents: [Int]
    /// The common prefix of all entries.
    private let stem: [UInt8]
    /// The eight bytes of each entry after the stem, as `key` encodes them: ascending like the entries.
    private let keys: [UInt64]

    /// - Parameter entries: no text twice.
    init(_ entries: [(bytes: [UInt8], bucket: Int)]) {
        let sorted = entries.sorted { Self.precedes($0.bytes, $1.bytes) }
        affixes = sorted.map(\.bytes)
        buckets = sorted.map(\.bucket)
        var parents: [Int] = []
        var open: [Int] = []
        for (index, bytes) in affixes.enumerated() {
            while let last = open.last, !bytes.starts(with: affixes[last]) { open.removeLast() }
            parents.append(open.last ?? -1)
            open.append(index)
        }
        self.parents = parents
        // Of a sorted list the first and the last have no more in common than all have.
        let stem = Self.common(affixes.first ?? [], affixes.last ?? [])
        self.stem = Array((affixes.first ?? []).prefix(stem))
        keys = affixes.map { Self.key($0, after: stem) }
    }

    var isEmpty: Bool { affixes.isEmpty }

    /// Reports the bucket of every entry that is a prefix of `text`.
    func find(in text: [UInt8], _ tell: (Int) -> Void) {
        guard !affixes.isEmpty, Self.common(stem, text) == stem.count else { return }
        var index = count(notAfter: text) - 1
        guard index >= 0 else { return }
        let common = Self.common(text, affixes[index])
        while index >= 0 {
            if affixes[index].count <= common { tell(buckets[index]) }
            index = parents[index]
        }
    }

    /// - Parameter text: begins with the stem.
    private func count(notAfter text: [UInt8]) -> Int {
        let key = Self.key(text, after: stem.count)
        var low = Self.count(of: keys) { $0 < key }
        var high = Self.count(of: keys) { $0 <= key }
        // Only those that are the same so far are looked at whole.
        while low < high {
            let middle = low + (high - low) / 2
            if Self.precedes(text, affixes[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// How many of an ascending list are at its beginning for which something holds.
    private static func count(of keys: [UInt64], where holds: (UInt64) -> Bool) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = low + (high - low) / 2
            if holds(keys[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Eight bytes as a number in the order of the texts, with zeros after the end.
    private static func key(_ bytes: [UInt8], after start: Int) -> UInt64 {
        var key: UInt64 = 0
        for index in start..<start + 8 { key = key << 8 | UInt64(index < bytes.count ? bytes[index] : 0) }
        return key
    }

    /// How many bytes two texts have in common at their beginning.
    private static func common(_ left: [UInt8], _ right: [UInt8]) -> Int {
        let limit = min(left.count, right.count)
        var index = 0
        while index < limit, left[index] == right[index] { index += 1 }
        return index
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let order = left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return 0 as Int32 }
                return memcmp(first, second, min(left.count, right.count))
            }
        }
        return order == 0 ? left.count < right.count : order < 0
    }
}
