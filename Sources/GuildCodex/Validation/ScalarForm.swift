import GuildDomain

/// A form that a scalar is written in: how its text becomes a value, and what is said of text that does not.
struct ScalarForm<Value> {
    /// `a duration such as 30s`, for the message.
    let expected: () -> String
    /// Whether empty text has a message of its own.
    let mustBeFilled: Bool
    /// The value; nil if the text is not in this form.
    let parse: (String) -> Value?
    /// The text that was probably meant.
    let nearest: (String) -> String?

    init(
        _ expected: @escaping @autoclosure () -> String, mustBeFilled: Bool = false,
        parse: @escaping (String) -> Value?, nearest: @escaping (String) -> String? = { _ in nil }
    ) {
        self.expected = expected
        self.mustBeFilled = mustBeFilled
        self.parse = parse
        self.nearest = nearest
    }
}

extension NodeReader {
    /// The scalar's value; anything that is not in this form is reported.
    func read<Value>(_ form: ScalarForm<Value>) -> Value? {
        guard let text = form.mustBeFilled ? filledBareText() : bareText() else { return nil }
        if let value = form.parse(text) {
            warnOfOldBoolean()
            return value
        }
        mismatch(form.expected(), suggestion: form.nearest(text))
        return nil
    }
}

// MARK: Numbers

extension ScalarForm where Value == Int {
    /// A whole number within `range`.
    static func integer(in range: ClosedRange<Int> = 0...Int.max, _ what: String = "a whole number") -> Self {
        Self(what + words(range)) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    /// `75%`, or the number alone.
    static var percent: Self {
        Self("a percentage from 1% to 100%") { text in
            let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
            return Int(digits).flatMap { (1...100).contains($0) ? $0 : nil }
        }
    }

    /// Bytes: `1MiB`, `512KiB`, or a bare number.
    static var byteCount: Self {
        Self("a size such as 512KiB or 25MiB, at most 1024MiB") { text in
            let units = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]
            let (suffix, factor) = units.first { text.hasSuffix($0.0) } ?? ("", 1)
            let digits = text.dropLast(suffix.count).trimmingSuffix { $0 == " " }
            return Int(digits).flatMap { $0 > 0 && $0 <= largestBody / factor ? $0 * factor : nil }
        }
    }

    private static var largestBody: Int { 1 << 30 }

    private static func words(_ range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (Int.min, Int.max): ""
        case (let lower, Int.max): ", at least \(lower)"
        case (let lower, let upper): " from \(lower) to \(upper)"
        }
    }
}

extension ScalarForm where Value == Double {
    /// A decimal number within `range`.
    static func number(in range: ClosedRange<Double>) -> Self {
        Self("a number from \(range.lowerBound) to \(range.upperBound)") { text in
            JSONNumber(text).flatMap { range.contains($0.double) ? $0.double : nil }
        }
    }
}

extension ScalarForm where Value == Int64 {
    /// A number of tokens.
    static var tokens: Self {
        Self("a number of tokens such as 4000, 200K or 10M") { text in
            TokenCounts.parse(text).flatMap { $0 >= 0 ? $0 : nil }
        }
    }

    /// US dollars as micro-dollars.
    static var microdollars: Self {
        Self("US dollars as a decimal such as \"0.50\", with at most 6 places") { Decimals.scaled($0, digits: 6) }
    }

    /// US dollars for 1,000 tokens as pico-dollars a token.
    static var price: Self {
        Self("US dollars for 1,000 tokens as a decimal such as \"0.003\"") { TokenPrices.picodollars(perThousand: $0) }
    }
}

// MARK: Times

extension ScalarForm where Value == Duration {
    /// A duration of at least `minimum`, at most ten years.
    static func duration(atLeast minimum: Duration = .zero) -> Self {
        let isLong = minimum > .milliseconds(1)
        let examples = isLong ? "30s, 5m, 1h or 7d" : "250ms, 30s, 5m, 1h or 7d"
        let bound = isLong ? ", at least \(Amount.duration(minimum))" : ", above zero"
        return Self("a duration such as " + examples + (minimum > .zero ? bound : "")) { text in
            Durations.parse(text).flatMap { $0 >= minimum && $0 <= longestDuration ? $0 : nil }
        }
    }

    private static var longestDuration: Duration { .seconds(10 * 366 * 86_400) }
}

extension ScalarForm where Value == TimeOfDay {
    static var timeOfDay: Self {
        Self("a time of day such as \"08:30\"", mustBeFilled: true) { TimeOfDay($0) }
    }
}

// MARK: Names

extension ScalarForm where Value == String {
    /// One of these names in any case, as it is spelled here.
    static func oneOf(_ names: [String]) -> Self {
        Self(
            "one of " + names.joined(separator: ", "),
            parse: { text in names.first { $0.lowercased() == text.lowercased() } },
            nearest: { NearestName.of($0, in: names) })
    }

    /// A DNS label (RFC 1123): lower-case letters, digits and inner hyphens, at most 63.
    static var dnsLabel: Self {
        Self(
            "a name of at most 63 lower-case letters, digits and inner hyphens", mustBeFilled: true,
            parse: { $0.isDNSLabel ? $0 : nil },
            nearest: { text in
                let lowered = String(text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
                return lowered.isDNSLabel ? lowered : nil
            })
    }

    /// An IANA time zone.
    static var timezone: Self {
        Self(
            "an IANA time zone such as Europe/London", mustBeFilled: true,
            parse: { Zones.named($0) == nil ? nil : $0 }, nearest: { Zones.nearest(to: $0) })
    }

    /// A path below the codex root, without `.` or `..`.
    static var codexPath: Self {
        Self("a path below the codex root, such as prompts/ranger.md", mustBeFilled: true) { text in
            let steps = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            let isStep = { (step: Substring.UTF8View) in
                !step.isEmpty && !step.elementsEqual(".".utf8) && !step.elementsEqual("..".utf8)
            }
            return steps.allSatisfy(isStep) && !text.utf8.contains(0) ? text : nil
        }
    }
}

extension ScalarForm where Value: CaseIterable & RawRepresentable<String> {
    /// One of the cases, in any letter case.
    static func oneOf(_ type: Value.Type) -> Self {
        Self(
            "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
            parse: { text in
                Value(rawValue: text) ?? Value.allCases.first { $0.rawValue.lowercased() == text.lowercased() }
            },
            nearest: { NearestName.of($0, in: Value.allCases.map(\.rawValue)) })
    }
}

extension ScalarForm where Value == Priority {
    static var priority: Self {
        Self(
            "one of " + Priority.allCases.map(\.name).joined(separator: ", "),
            parse: { Priority(name: $0) }, nearest: { NearestName.of($0, in: Priority.allCases.map(\.name)) })
    }
}

extension ScalarForm where Value == Autonomy {
    /// 0 deny · 1 wait for approval · 2 do and notify · 3 do.
    static var autonomy: Self {
        Self("0 (deny), 1 (wait for approval), 2 (do and notify) or 3 (do)") { text in
            Int(text).flatMap(Autonomy.init(rawValue:))
        }
    }
}

extension ScalarForm where Value == SemanticVersion {
    static var semanticVersion: Self {
        Self("a semantic version such as \"1.2.0\"", mustBeFilled: true) { SemanticVersion($0) }
    }
}

extension ScalarForm where Value == SafetyPolicy.Weekday {
    /// `friday`, `Fri`.
    static var weekday: Self {
        Self(
            "a day such as monday or mon", mustBeFilled: true,
            parse: { text in
                let lowered = text.lowercased()
                return lowered.count >= 3 ? Value.allCases.first { $0.rawValue.hasPrefix(lowered) } : nil
            },
            nearest: { NearestName.of($0, in: Value.allCases.map(\.rawValue)) })
    }
}

extension String {
    var isDNSLabel: Bool {
        let isAlphanumeric = { (byte: UInt8) in (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }
        guard (1...63).contains(utf8.count), let first = utf8.first, let last = utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, predicate(last) { text = text.dropLast() }
        return String(text)
    }
}

extension Substring {
    func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        String(self).trimmingSuffix(while: predicate)
    }
}
