/// Ranges of numbers, each with its bucket, as an augmented interval tree in a sorted array (Cormen et al.,
/// "Introduction to Algorithms", interval trees): a look-up takes the logarithm of their count plus the number of
/// matches.
///
/// Bounds are rounded to binary floating point, which keeps their order, and count as included: the result may contain
/// extra ranges, which are tried again.
struct RangeTable: Sendable {
    private let lowers: [Double]
    private let uppers: [Double]
    /// The greatest upper bound of the subtree whose root this is.
    private let reaches: [Double]
    private let buckets: [Int]

    /// - Returns: nil for a bound that has no binary approximation.
    static func bounds(_ range: NumericRange) -> (lower: Double, upper: Double)? {
        var lower = -Double.infinity
        var upper = Double.infinity
        if let bound = range.lower {
            guard let value = Double(bound.number.description) else { return nil }
            lower = value
        }
        if let bound = range.upper {
            guard let value = Double(bound.number.description) else { return nil }
            upper = value
        }
        return (lower, upper)
    }

    init(_ entries: [(lower: Double, upper: Double, bucket: Int)]) {
        let sorted = entries.sorted { $0.lower < $1.lower }
        lowers = sorted.map(\.lower)
        uppers = sorted.map(\.upper)
        buckets = sorted.map(\.bucket)
        var reaches = sorted.map(\.upper)
        Self.fill(&reaches, 0..<reaches.count)
        self.reaches = reaches
    }

    var isEmpty: Bool { buckets.isEmpty }

    /// Tells the bucket of every range that may hold `value`; all of them for one without a binary approximation.
    func find(_ value: JSONNumber, _ tell: (Int) -> Void) {
        guard let number = Double(value.description) else {
            for bucket in buckets { tell(bucket) }
            return
        }
        find(number, in: 0..<buckets.count, tell)
    }

    /// As deep as the logarithm of the count.
    private func find(_ number: Double, in range: Range<Int>, _ tell: (Int) -> Void) {
        guard !range.isEmpty else { return }
        let middle = range.lowerBound + range.count / 2
        guard number <= reaches[middle] else { return }
        find(number, in: range.lowerBound..<middle, tell)
        guard number >= lowers[middle] else { return }
        if number <= uppers[middle] { tell(buckets[middle]) }
        find(number, in: middle + 1..<range.upperBound, tell)
    }

    @discardableResult
    private static func fill(_ reaches: inout [Double], _ range: Range<Int>) -> Double {
        guard !range.isEmpty else { return -.infinity }
        let middle = range.lowerBound + range.count / 2
        let left = fill(&reaches, range.lowerBound..<middle)
        let right = fill(&reaches, middle + 1..<range.upperBound)
        reaches[middle] = max(reaches[middle], left, right)
        return reaches[middle]
    }
}
