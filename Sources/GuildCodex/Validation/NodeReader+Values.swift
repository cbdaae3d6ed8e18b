import GuildDomain

extension NodeReader {
    /// A whole number within `range`.
    func integer(in range: ClosedRange<Int> = 0...Int.max, _ what: String = "a whole number") -> Int? {
        guard let text = text() else { return nil }
        guard let value = Int(text), range.contains(value) else {
            mismatch(what + Self.words(range))
            return nil
        }
        return value
    }

    /// A decimal number within `range`.
    func number(in range: ClosedRange<Double>) -> Double? {
        guard let text = text() else { return nil }
        guard let value = JSONNumber(text)?.double, range.contains(value) else {
            mismatch("a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// A duration of at least `minimum`, at most ten years.
    func duration(atLeast minimum: Duration = .zero) -> Duration? {
        guard let text = text() else { return nil }
        guard let value = Durations.parse(text), value >= minimum, value <= Self.longestDuration else {
            let examples = minimum > .milliseconds(1) ? "30s, 5m, 1h or 7d" : "250ms, 30s, 5m, 1h or 7d"
            let bound = minimum > .milliseconds(1) ? ", at least \(Amount.duration(minimum))" : ", above zero"
            mismatch("a duration such as " + examples + (minimum > .zero ? bound : ""))
            return nil
        }
        return value
    }

    func tokens() -> Int64? {
        guard let text = text() else { return nil }
        guard let value = TokenCounts.parse(text), value >= 0 else {
            mismatch("a number of tokens such as 4000, 200K or 10M")
            return nil
        }
        return value
    }

    /// US dollars as micro-dollars.
    func microdollars() -> Int64? {
        guard let text = text() else { return nil }
        guard let value = Decimals.scaled(text, digits: 6) else {
            mismatch("US dollars as a decimal such as \"0.50\", with at most 6 places")
            return nil
        }
        return value
    }

    /// US dollars for 1,000 tokens as pico-dollars a token.
    func price() -> Int64? {
        guard let text = text() else { return nil }
        guard let value = TokenPrices.picodollars(perThousand: text) else {
            mismatch("US dollars for 1,000 tokens as a decimal such as \"0.003\"")
            return nil
        }
        return value
    }

    /// `75%`, or the number alone.
    func percent() -> Int? {
        guard let text = text() else { return nil }
        guard let value = Int(text.hasSuffix("%") ? String(text.dropLast()) : text), (1...100).contains(value) else {
            mismatch("a percentage from 1% to 100%")
            return nil
        }
        return value
    }

    /// Bytes: `1MiB`, `512KiB`, or a bare number.
    func byteCount() -> Int? {
        guard let text = text() else { return nil }
        let units = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]
        let (suffix, factor) = units.first { text.hasSuffix($0.0) } ?? ("", 1)
        let digits = text.dropLast(suffix.count).trimmingSuffix { $0 == " " }
        guard let value = Int(digits), value > 0, value <= Self.largestBody / factor else {
            mismatch("a size such as 512KiB or 25MiB, at most 1024MiB")
            return nil
        }
        return value * factor
    }

    /// One of the cases, in any letter case.
    func oneOf<Value: CaseIterable & RawRepresentable<String>>(_ type: Value.Type) -> Value? {
        guard let text = text() else { return nil }
        if let exact = Value(rawValue: text) { return exact }
        let names = Value.allCases.map(\.rawValue)
        if let value = Value.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) { return value }
        mismatch("one of " + names.joined(separator: ", "), suggestion: NearestName.of(text, in: names))
        return nil
    }

    /// One of these names in any case, as it is spelled here.
    func oneOf(_ names: [String]) -> String? {
        guard let text = text() else { return nil }
        if let name = names.first(where: { $0.lowercased() == text.lowercased() }) { return name }
        mismatch("one of " + names.joined(separator: ", "), suggestion: NearestName.of(text, in: names))
        return nil
    }

    func priority() -> Priority? {
        guard let text = text() else { return nil }
        if let value = Priority(name: text) { return value }
        let names = Priority.allCases.map(\.name)
        mismatch("one of " + names.joined(separator: ", "), suggestion: NearestName.of(text, in: names))
        return nil
    }

    /// 0 deny · 1 wait for approval · 2 do and notify · 3 do.
    func autonomy() -> Autonomy? {
        guard let text = text() else { return nil }
        guard let value = Int(text).flatMap(Autonomy.init(rawValue:)) else {
            mismatch("0 (deny), 1 (wait for approval), 2 (do and notify) or 3 (do)")
            return nil
        }
        return value
    }

    /// A list of texts; one text counts as a list of one.
    func texts() -> [String] { elements(orOne: true).compactMap { $0.filledText() } }

    /// A list of globs; one counts as a list of one.
    func globs() -> [Glob] { texts().map { Glob($0) } }

    /// Labels and annotations: any scalar counts as its text.
    func labels() -> [String: String] {
        var labels: [String: String] = [:]
        for member in members() {
            if member.value.isNull { labels[member.key] = "" } else { labels[member.key] = member.value.text() }
        }
        return labels
    }

    /// A DNS label (RFC 1123): lower-case letters, digits and inner hyphens, at most 63.
    func dnsLabel() -> String? {
        guard let text = filledText() else { return nil }
        guard text.isDNSLabel else {
            let lowered = String(text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
            mismatch(
                "a name of at most 63 lower-case letters, digits and inner hyphens",
                suggestion: lowered.isDNSLabel ? lowered : nil)
            return nil
        }
        return text
    }

    /// An IANA time zone.
    func timezone() -> String? {
        guard let text = filledText() else { return nil }
        guard Zones.named(text) != nil else {
            mismatch("an IANA time zone such as Europe/London", suggestion: Zones.nearest(to: text))
            return nil
        }
        return text
    }

    func timeOfDay() -> TimeOfDay? {
        guard let text = filledText() else { return nil }
        guard let value = TimeOfDay(text) else {
            mismatch("a time of day such as \"08:30\"")
            return nil
        }
        return value
    }

    /// A path below the codex root, without `.` or `..`.
    func codexPath() -> String? {
        guard let text = filledText() else { return nil }
        let steps = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isStep = { (step: Substring.UTF8View) in !step.elementsEqual(".".utf8) && !step.elementsEqual("..".utf8) }
        guard steps.allSatisfy({ !$0.isEmpty && isStep($0) }), !text.utf8.contains(0) else {
            mismatch("a path below the codex root, such as prompts/ranger.md")
            return nil
        }
        return text
    }

    func url() -> String? {
        guard let text = filledText() else { return nil }
        let rest = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }.map { text.dropFirst($0.count) }
        guard let rest, let first = rest.first, first != "/", !rest.contains(where: { $0.isWhitespace }) else {
            mismatch("an address beginning with https:// or http://")
            return nil
        }
        guard !rest.prefix(while: { $0 != "/" }).contains("@") else {
            problem("an address with credentials in it", expected: "credentials as secret references")
            return nil
        }
        let digits = rest.prefix { !"/?#".contains($0) }.reversed().prefix { ("0"..."9").contains($0) }
        let isPort = rest.prefix { !"/?#".contains($0) }.dropLast(digits.count).last == ":"
        guard !isPort || digits.isEmpty || Int(String(digits.reversed())).map(WebOrigin.ports.contains) == true else {
            problem("port \(String(digits.reversed().prefix(10)))", expected: "a port from 1 to 65535")
            return nil
        }
        return text
    }

    /// An address that we connect to; if it may lead is checked when the Guild is known.
    func address(carriesSecret: Bool) -> String? {
        url().map { reference(.address(carriesSecret: carriesSecret), $0) }
    }

    /// An address to which paths are added.
    func baseAddress(carriesSecret: Bool) -> String? {
        guard let address = address(carriesSecret: carriesSecret) else { return nil }
        if let mark = address.first(where: { $0 == "?" || $0 == "#" }) {
            problem(mark == "?" ? "a query" : "a fragment", expected: "an address to which paths can be added")
        }
        return address
    }

    /// A reference to a secret. Any other text may be the secret itself, so it is never shown.
    func secret() -> SecretReference? {
        guard case .scalar(let scalar) = node, scope.visit() else {
            mismatch(Self.secretForm)
            return nil
        }
        guard let reference = SecretReference(scalar.string) else {
            problem("a literal secret, or a reference in an unknown form", expected: Self.secretForm)
            return nil
        }
        return reference
    }

    /// An event pattern; its problems are placed at the nearest key.
    func pattern() -> EventPattern? {
        guard let json = json() else { return nil }
        do throws(EventPattern.Problem) {
            return try EventPattern(parsing: json, at: path.text)
        } catch {
            let place = nearest(to: error.path)
            scope.findings.add(
                Problem(
                    .error, at: place.location, path: error.path, found: error.reason, suggestion: error.suggestion))
            return nil
        }
    }

    /// An event pattern over events: its tests of attributes must be possible.
    func eventPattern() -> EventPattern? {
        guard let pattern = pattern() else { return nil }
        var seen: Set<EventPattern.Field> = []
        for field in pattern.alternatives.flatMap(\.fields) {
            guard let name = field.path.first, let value = ConditionValue.ofEvents(name), seen.insert(field).inserted
            else { continue }
            let place = nearest(to: NodePath.key(name, in: path).text)
            if field.path.count > 1 {
                let inner = field.path.dropFirst().joined(separator: ".")
                place.problem("\(quoted(inner)) within \(quoted(name))", expected: value.description)
            }
            for objection in [value].objections(to: field.tests, of: name) {
                place.problem(objection.found, expected: objection.expected, suggestion: objection.suggestion)
            }
        }
        return pattern
    }

    /// The deepest node below this one whose path begins the given one.
    private func nearest(to wanted: String) -> NodeReader {
        var current = self
        for _ in 0..<EventPattern.Limit.depth {
            let children: [NodeReader] =
                switch current.node {
                case .mapping: current.members().map(\.value)
                case .sequence: current.elements()
                default: []
                }
            let next = children.first { child in
                let path = child.path.text
                return wanted == path || wanted.hasPrefix(path + ".") || wanted.hasPrefix(path + "[")
            }
            guard let next else { break }
            current = next
        }
        return current
    }

    private static let longestDuration = Duration.seconds(10 * 366 * 86_400)
    private static let largestBody = 1 << 30

    private static func words(_ range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (Int.min, Int.max): ""
        case (let lower, Int.max): ", at least \(lower)"
        case (let lower, let upper): " from \(lower) to \(upper)"
        }
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
