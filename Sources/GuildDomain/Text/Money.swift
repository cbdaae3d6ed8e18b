/// Money as people read it.
package enum Money {
    /// Micro-dollars as dollars, with as many digits as there are, at least two: `$0.0123`.
    package static func dollars(_ microdollars: Int64) -> String {
        let magnitude = microdollars.magnitude
        var fraction = String(magnitude % 1_000_000)
        fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
        while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(microdollars < 0 ? "-" : "")$\(magnitude / 1_000_000).\(fraction)"
    }
}
