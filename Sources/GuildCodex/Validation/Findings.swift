import GuildDomain
import Synchronization

/// The results of decoding: problems, and references still to be checked. Confined to one load.
final class Findings {
    private(set) var problems: [Problem] = []
    private(set) var references: [Reference] = []
    /// The organisation's time zone.
    let timezone: String
    static let defaultTimezone = "UTC"
    /// Whether further problems are cut off.
    private(set) var isFull = false
    /// The remaining comparisons.
    let budget: ComparisonBudget
    /// Every system of this build.
    let systems: SystemCatalogue

    init(
        timezone: String = defaultTimezone, budget: ComparisonBudget = ComparisonBudget(),
        systems: SystemCatalogue = .empty
    ) {
        self.timezone = timezone
        self.budget = budget
        self.systems = systems
    }

    /// Past this many the rest is cut off: nobody reads on, and a hostile codex must not fill memory.
    static let maximumProblems = 1000

    /// The nearest of `candidates`; nil if there is none near, or the comparisons of this load are used up.
    func nearest(to name: String, in candidates: some Sequence<String>) -> String? {
        NearestName.of(name, in: candidates.lazy.prefix { [budget] _ in budget.take() })
    }

    func add(_ problem: Problem) {
        guard !isFull else { return }
        guard problems.count < Self.maximumProblems else {
            isFull = true
            problems.append(
                Problem(
                    .error, at: SourceLocation(file: problem.file),
                    found: "more than \(Self.maximumProblems) problems; the rest is omitted"))
            return
        }
        problems.append(problem)
    }

    /// Reports a problem with a reference, at its place.
    func report(
        _ reference: Reference, _ found: String, nearestOf names: some Sequence<String> = EmptyCollection<String>(),
        expected: String? = nil,
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

/// Names that one load may compare in search of suggestions, all files and problems together: a thousand dangling paths
/// in a large codex must not take minutes.
final class ComparisonBudget: Sendable {
    private let left = Atomic(200_000)

    func take() -> Bool { left.wrappingSubtract(1, ordering: .relaxed).oldValue > 0 }
}
