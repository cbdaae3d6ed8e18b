import GuildDomain

/// What decoding finds: problems, and references still to be checked. Confined to one load.
final class Findings {
    private(set) var problems: [Problem] = []
    private(set) var references: [Reference] = []
    /// The organisation's time zone, known once the Guild is read.
    var timezone = "UTC"
    /// Whether further problems are cut off.
    private(set) var isFull = false
    private var comparisonsLeft = Findings.maximumComparisons

    /// Past this many the rest is cut off: nobody reads on, and a hostile codex must not fill memory.
    static let maximumProblems = 1000

    /// Names compared in search of suggestions, all problems together: a thousand dangling paths in a large codex must
    /// not take minutes.
    private static let maximumComparisons = 20_000

    /// The nearest of `candidates`; nil where none is near, or the comparisons of this load are used up.
    func nearest(to name: String, in candidates: some Sequence<String>) -> String? {
        let length = name.count
        var close: [String] = []
        for candidate in candidates where abs(candidate.count - length) <= max(1, length / 3) {
            guard comparisonsLeft > 0 else { return nil }
            comparisonsLeft -= 1
            close.append(candidate)
        }
        return NearestName.of(name, in: close)
    }

    func add(_ problem: Problem) {
        guard !isFull else { return }
        guard problems.count < Self.maximumProblems else {
            isFull = true
            problems.append(
                Problem(
                    .error, at: SourceLocation(file: problem.file),
                    found: "more than \(Self.maximumProblems) problems; the rest is not shown"))
            return
        }
        problems.append(problem)
    }

    /// Reports what a reference names, at its place.
    func report(
        _ reference: Reference, _ found: String, nearestOf names: [String] = [], expected: String? = nil,
        severity: Problem.Severity = .error
    ) {
        let suggestion = nearest(to: reference.name, in: names)
        add(
            Problem(
                severity, at: reference.location, path: reference.path, found: found,
                expected: suggestion == nil ? expected : nil, suggestion: suggestion))
    }

    func add(_ reference: Reference) { references.append(reference) }
}
