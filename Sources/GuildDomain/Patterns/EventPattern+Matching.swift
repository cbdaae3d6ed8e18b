extension EventPattern {
    /// Why a pattern does not hold for an event: the first field that failed.
    package struct Mismatch: Sendable, Hashable, CustomStringConvertible {
        /// Dotted, or a JSON Pointer if a key contains a dot.
        package let path: String
        /// The values that the pattern accepts, in words.
        package let expected: String
        /// The value in the event, in words; values are JSON text, shortened.
        package let found: String

        package var description: String { "\(path): expected \(expected), found \(found)" }
    }

    /// Whether one of the pattern's alternatives holds of the event.
    package func matches(_ event: JSONValue) -> Bool { alternatives.contains { $0.tree.matches(event) } }

    /// How many alternatives are examined for the best explanation.
    private static let explainedAlternatives = 64

    /// The plain interpreter: nil when the pattern holds; otherwise the first field that failed, of the alternative that
    /// came furthest.
    package func firstMismatch(in event: JSONValue) -> Mismatch? {
        guard !matches(event) else { return nil }
        guard case .object = event else {
            return Mismatch(path: "the event", expected: "a mapping", found: event.kindName)
        }
        var best: (passed: Int, mismatch: Mismatch)?
        for alternative in alternatives.prefix(Self.explainedAlternatives) {
            let (passed, mismatch) = alternative.firstFailure(in: event)
            if passed > best?.passed ?? -1 { best = (passed, mismatch) }
        }
        return best?.mismatch
    }
}

extension EventPattern.Alternative {
    /// The first field that fails together with those before it. Fields that must be absent come last: whether they are
    /// depends on the array elements that the others settle on.
    fileprivate func firstFailure(in event: JSONValue) -> (passed: Int, mismatch: EventPattern.Mismatch) {
        let ordered = fields.filter { !$0.wantsAbsence } + fields.filter(\.wantsAbsence)
        // Each further field can only make it fail, so the first failing one is found by halving.
        var passed = 0
        var end = ordered.count - 1
        while passed < end {
            let middle = (passed + end) / 2
            if PatternTree(Array(ordered[...middle])).matches(event) { passed = middle + 1 } else { end = middle }
        }
        let field = ordered[passed]
        let found =
            if !field.wantsAbsence, PatternTree([field]).matches(event) {
                "it only in another element of \(FieldPath.text(event.stepsToArray(along: field.path))) than the rest"
            } else {
                event.inWords(at: field.path)
            }
        let mismatch = EventPattern.Mismatch(path: FieldPath.text(field.path), expected: field.expected, found: found)
        return (passed, mismatch)
    }
}

extension JSONValue {
    /// How many values of an array are shown, and how long each may be.
    private static let shownValues = 4
    private static let shownCharacters = 80

    /// The values at `path`, searching through arrays, for a sentence that begins with "found".
    fileprivate func inWords(at path: [String]) -> String {
        let values = values(at: path[...])
        var leaves: [JSONValue] = []
        for value in values { value.collectLeaves(into: &leaves, limit: Self.shownValues + 1) }
        guard !leaves.isEmpty else {
            return switch values.first {
            case nil: "nothing"
            case .array?: "an empty list"
            case let value?: value.kindName
            }
        }
        let shown = leaves.prefix(Self.shownValues).map { value in
            ScreenText.shortened(value.text(), to: Self.shownCharacters)
        }
        return shown.joined(separator: ", ") + (leaves.count > Self.shownValues ? ", …" : "")
    }

    private func values(at path: ArraySlice<String>) -> [JSONValue] {
        guard let step = path.first else { return [self] }
        return switch self {
        case .object(let object): object[step].map { $0.values(at: path.dropFirst()) } ?? []
        case .array(let elements): elements.flatMap { $0.values(at: path) }
        case .null, .bool, .number, .string: []
        }
    }

    private func collectLeaves(into leaves: inout [JSONValue], limit: Int) {
        guard leaves.count < limit else { return }
        switch self {
        case .array(let elements): for element in elements { element.collectLeaves(into: &leaves, limit: limit) }
        case .object: break
        case .null, .bool, .number, .string: leaves.append(self)
        }
    }

    /// The part of `path` that leads to the first array on it.
    fileprivate func stepsToArray(along path: [String]) -> [String] {
        var current = self
        var steps: [String] = []
        for step in path {
            guard let next = current[step] else { break }
            steps.append(step)
            if case .array = next { break }
            current = next
        }
        return steps
    }
}
