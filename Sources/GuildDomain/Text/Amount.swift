/// Numbers as people read them.
package enum Amount {
    /// `1,234,567`
    package static func grouped(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `1 file`, `1,200 files`; `plural` is for nouns that take more than an s.
    package static func counted(_ count: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
        grouped(Int64(clamping: count)) + " " + (count == 1 ? noun : plural ?? noun + "s")
    }

    /// `12.4 MiB`
    package static func bytes(_ value: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var size = Double(max(0, value))
        var unit = 0
        while size >= 1024, unit < units.count - 1 {
            size /= 1024
            unit += 1
        }
        return unit == 0 ? "\(max(0, value)) B" : "\((size * 10).rounded() / 10) \(units[unit])"
    }

    /// `1h30m`, `250ms`
    package static func duration(_ value: Duration) -> String {
        let microseconds = max(0, value.microseconds)
        guard microseconds >= 1_000_000 else { return "\(microseconds / 1000)ms" }
        var rest = microseconds / 1_000_000
        var text = ""
        for (unit, seconds) in [("d", Int64(86_400)), ("h", 3600), ("m", 60), ("s", 1)] where rest >= seconds {
            text += "\(rest / seconds)\(unit)"
            rest %= seconds
        }
        return text
    }
}
