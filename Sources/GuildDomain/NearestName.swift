/// Suggests the most likely correction of a misspelt name.
package enum NearestName {
    /// More of a name is not compared.
    private static let comparedScalars = 64
    /// No misspelling has more mistakes than this, however long the name.
    private static let mostMistakes = 8

    /// The candidate with the least edit distance to `name`, ignoring case, and among equal ones the first in the
    /// alphabet; nil when none is near enough to suggest.
    ///
    /// Cheap for thousands of candidates: most differ too much in length, and the others are compared only after their
    /// common beginning, only near the diagonal, and only until they are no better than the best so far.
    package static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
        let wanted = scalars(name)
        var limit = min(max(1, wanted.count / 3), mostMistakes)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            // In bytes: at least as many as scalars, at most four for each.
            let bytes = candidate.utf8.count
            guard bytes + limit >= min(wanted.count, comparedScalars) else { continue }
            guard wanted.count == comparedScalars || bytes <= 4 * (wanted.count + limit) else { continue }
            let other = scalars(candidate)
            guard abs(other.count - wanted.count) <= limit else { continue }
            guard let distance = distance(wanted[...], other[...], atMost: limit) else { continue }
            if let best, distance == best.distance, best.name <= candidate { continue }
            best = (candidate, distance)
            limit = distance
        }
        return best?.name
    }

    private static func scalars(_ name: String) -> [UInt32] {
        name.lowercased().unicodeScalars.prefix(comparedScalars).map(\.value)
    }

    /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count one each.
    ///
    /// - Returns: nil if it is more than `limit`.
    private static func distance(_ one: ArraySlice<UInt32>, _ two: ArraySlice<UInt32>, atMost limit: Int) -> Int? {
        var one = one
        var two = two
        while let first = one.first, first == two.first {
            one = one.dropFirst()
            two = two.dropFirst()
        }
        while let last = one.last, last == two.last {
            one = one.dropLast()
            two = two.dropLast()
        }
        let left = Array(one)
        let right = Array(two)
        guard abs(left.count - right.count) <= limit else { return nil }
        let far = limit + 1
        var beforeLast = [Int](repeating: far, count: right.count + 1)
        var current = beforeLast
        var last = (0...right.count).map { min($0, far) }
        for row in left.indices {
            // Cells farther from the diagonal cost more than the limit.
            let columns = max(0, row - limit)..<min(right.count, row + limit + 1)
            for column in current.indices { current[column] = far }
            if row < limit { current[0] = row + 1 }
            var least = current[0]
            for column in columns {
                var cost = min(last[column + 1], current[column]) + 1
                cost = min(cost, last[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current[column + 1] = min(cost, far)
                least = min(least, cost)
            }
            guard least <= limit else { return nil }
            let spare = beforeLast
            beforeLast = last
            last = current
            current = spare
        }
        return last[right.count] <= limit ? last[right.count] : nil
    }
}
