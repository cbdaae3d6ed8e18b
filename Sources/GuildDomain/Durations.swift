/// Durations as manifests write them.
package enum Durations {
    /// Reads `250ms`, `30s`, `5m`, `1h`, `7d` or a bare number of seconds. The number may have a fraction if the whole
    /// is exact in microseconds.
    ///
    /// - Returns: nil for anything else, including a negative number and a value over 63 bits of microseconds.
    package static func parse(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let factor: Int64
        switch text.dropFirst(number.count) {
        case "ms": return Decimals.scaled(String(number), digits: 3).map { .microseconds($0) }
        case "", "s": factor = 1
        case "m": factor = 60
        case "h": factor = 3600
        case "d": factor = 86_400
        default: return nil
        }
        guard let microseconds = Decimals.scaled(String(number), digits: 6) else { return nil }
        let (product, overflow) = microseconds.multipliedReportingOverflow(by: factor)
        return overflow ? nil : .microseconds(product)
    }
}

/// Counts of tokens as manifests write them.
package enum TokenCounts {
    /// Reads `4000`, `200K` (thousands), `10M` (millions). The number may have a fraction if the count is whole.
    ///
    /// - Returns: nil for anything else, including a negative number and a value over 63 bits.
    package static func parse(_ text: String) -> Int64? {
        switch text.last {
        case "K": Decimals.scaled(String(text.dropLast()), digits: 3)
        case "M": Decimals.scaled(String(text.dropLast()), digits: 6)
        default: Decimals.scaled(text, digits: 0)
        }
    }
}
