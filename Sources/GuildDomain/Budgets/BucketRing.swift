/// A sliding window as 60 buckets and the oldest partial one, which counts whole: it errs high, by at most a sixtieth.
///
/// Buckets are numbered from 1970 on; only those with something in them are kept.
package struct BucketRing: Sendable, Hashable {
    /// The spending within one slice of the window.
    package struct Bucket: Sendable, Hashable {
        /// The slice, counted from the epoch.
        package let number: Int64
        /// The spending in it.
        package var spent: Spending
    }

    /// The number of slices in a window.
    package static let length: Int64 = 60

    /// Ascending, at most 61.
    package private(set) var buckets: [Bucket]

    package init(_ buckets: [Bucket] = []) { self.buckets = buckets }

    /// Adds spending in a bucket. A bucket older than the newest counts as the newest: budget time does not step back.
    package mutating func add(_ spent: Spending, in number: Int64) {
        let number = max(number, buckets.last?.number ?? number)
        drop(before: number.subtractingSaturated(Self.length))
        if buckets.last?.number == number {
            buckets[buckets.count - 1].spent += spent
        } else {
            buckets.append(Bucket(number: number, spent: spent))
        }
    }

    /// The sum over the window whose newest bucket is `number`.
    package func sum(at number: Int64) -> Spending {
        let oldest = number.subtractingSaturated(Self.length)
        return buckets.reduce(into: Spending()) { if $1.number >= oldest { $0 += $1.spent } }
    }

    /// The first bucket at which enough spending has left for `isEnough` to hold of the remaining sum.
    ///
    /// - Returns: nil if `isEnough` does not even hold of zero.
    package func firstBucket(from number: Int64, where isEnough: (Spending) -> Bool) -> Int64? {
        let oldest = number.subtractingSaturated(Self.length)
        var left = sum(at: number)
        if isEnough(left) { return number }
        for bucket in buckets where bucket.number >= oldest {
            left -= bucket.spent
            if isEnough(left) { return bucket.number.addingSaturated(Self.length + 1) }
        }
        return nil
    }

    private mutating func drop(before oldest: Int64) {
        guard let first = buckets.first, first.number < oldest else { return }
        buckets.removeAll { $0.number < oldest }
    }
}

extension BucketRing {
    /// As the ledger stores it: number, tokens and micro-dollars of each bucket as LEB128, the numbers as distances.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(buckets.count * 8)
        var last: Int64 = 0
        for bucket in buckets {
            for value in [bucket.number - last, bucket.spent.tokens, bucket.spent.cost] {
                Self.append(UInt64(clamping: value), to: &bytes)
            }
            last = bucket.number
        }
        return bytes
    }

    /// - Returns: nil for bytes that were not made by `bytes`.
    package init?(bytes: [UInt8]) {
        var buckets: [Bucket] = []
        var position: Int = 0
        var last: Int64 = 0
        while position < bytes.count {
            guard let distance = Self.value(in: bytes, at: &position),
                let tokens = Self.value(in: bytes, at: &position),
                let cost = Self.value(in: bytes, at: &position), buckets.isEmpty || distance > 0,
                buckets.count <= Self.length
            else { return nil }
            let (number, overflow) = last.addingReportingOverflow(distance)
            guard !overflow else { return nil }
            buckets.append(Bucket(number: number, spent: Spending(tokens: tokens, cost: cost)))
            last = number
        }
        self.init(buckets)
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    private static func value(in bytes: [UInt8], at position: inout Int) -> Int64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 63 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int64(exactly: value) }
            shift += 7
        }
        return nil
    }
}

/// Tokens and money together.
package struct Spending: Sendable, Hashable {
    /// Tokens of all classes together.
    package var tokens: Int64
    /// Micro-dollars.
    package var cost: Int64

    package init(tokens: Int64 = 0, cost: Int64 = 0) {
        self.tokens = tokens
        self.cost = cost
    }

    /// Whether nothing was spent.
    package var isZero: Bool { tokens == 0 && cost == 0 }

    /// Saturates instead of overflowing.
    package static func += (left: inout Self, right: Self) {
        left = Self(tokens: left.tokens.addingSaturated(right.tokens), cost: left.cost.addingSaturated(right.cost))
    }

    package static func -= (left: inout Self, right: Self) {
        left = Self(
            tokens: left.tokens.subtractingSaturated(right.tokens), cost: left.cost.subtractingSaturated(right.cost))
    }
}
