import Foundation

/// Beginnings of texts, each with its bucket, so that those of one text are found by a binary search.
///
/// Sorted by their bytes, every beginning of a text that is in the table is also one of the greatest entry that is not
/// after the text; so each entry knows the longest other entry that it begins with, and that chain holds all of them.
struct AffixTable: Sendable {
    private let affixes: [[UInt8]]
    private let buckets: [Int]
    /// The longest entry that this one begins with; -1 where there is none.
    private let parents: [Int]

    /// - Parameter entries: no text twice.
    init(_ entries: [(bytes: [UInt8], bucket: Int)]) {
        let sorted = entries.sorted { Self.precedes($0.bytes, $1.bytes) }
        affixes = sorted.map(\.bytes)
        buckets = sorted.map(\.bucket)
        var (parents, open): ([Int], [Int]) = ([], [])
        for (index, bytes) in affixes.enumerated() {
            while let last = open.last, !bytes.starts(with: affixes[last]) { open.removeLast() }
            parents.append(open.last ?? -1)
            open.append(index)
        }
        self.parents = parents
    }

    var isEmpty: Bool { affixes.isEmpty }

    /// Tells the bucket of every entry that `text` begins with.
    func find(in text: [UInt8], _ tell: (Int) -> Void) {
        var (low, high) = (0, affixes.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(text, affixes[middle]) { high = middle } else { low = middle + 1 }
        }
        var index = low - 1
        guard index >= 0 else { return }
        let common = zip(text, affixes[index]).prefix { $0 == $1 }.count
        while index >= 0 {
            if affixes[index].count <= common { tell(buckets[index]) }
            index = parents[index]
        }
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
