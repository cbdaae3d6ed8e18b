/// The first problems that a look finds, in words, and how many there are in all.
struct ProblemList: Sendable, Hashable {
    /// Problems that are listed; the others are counted.
    static let limit = 20

    private(set) var listed: [String] = []
    /// Those that are not listed, too.
    private(set) var count = 0

    init(_ problems: [String] = []) {
        for problem in problems { add(problem) }
    }

    /// The problems of several, in their order.
    init(of lists: [ProblemList]) {
        for list in lists { add(list) }
    }

    var isEmpty: Bool { count == 0 }
    var more: Int { count - listed.count }

    mutating func add(_ problem: String) {
        count += 1
        if listed.count < Self.limit { listed.append(problem) }
    }

    mutating func add(_ other: ProblemList) {
        listed += other.listed.prefix(Self.limit - listed.count)
        count += other.count
    }

    /// Counts problems of which nothing more is known.
    mutating func count(_ unlisted: Int) { count += unlisted }
}
