import Foundation

/// What one measurement of a server gave.
struct LoadResult {
    /// Answers with a status below 300.
    private(set) var accepted = 0
    private(set) var refused: [Int: Int] = [:]
    var seconds = 0.0
    /// Processor time that the server took meanwhile.
    var server = ProcessorTime()
    private var nanoseconds: [UInt64] = []

    mutating func take(status: Int, nanoseconds: UInt64) {
        guard (200..<300).contains(status) else { return refused[status, default: 0] += 1 }
        accepted += 1
        self.nanoseconds.append(nanoseconds)
    }

    var perSecond: Double { seconds > 0 ? Double(accepted) / seconds : 0 }

    /// Milliseconds; `share` 0.5 is the median, 1 the longest.
    func latency(_ share: Double) -> Double {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return 0 }
        let index = min(Int(Double(sorted.count) * share), sorted.count - 1)
        return Double(sorted[index]) / 1e6
    }
}

extension [LoadResult] {
    var perSecond: Double { map(\.perSecond).median }
    var microsecondsEach: Double { each(\.seconds) }
    var userMicrosecondsEach: Double { each(\.userSeconds) }
    var systemMicrosecondsEach: Double { each(\.systemSeconds) }

    private func each(_ part: (ProcessorTime) -> Double) -> Double {
        map { part($0.server) * 1e6 / Double(Swift.max($0.accepted, 1)) }.median
    }
    var refusals: Int { map { $0.refused.values.reduce(0, +) }.reduce(0, +) }

    func latency(_ share: Double) -> Double { map { $0.latency(share) }.median }
    var longest: Double { map { $0.latency(1) }.max() ?? 0 }
}

extension [Double] {
    /// 0 where there is nothing.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}

/// A table in Markdown, its columns as wide as they need.
struct MarkdownTable {
    private let head: [String]
    private var rows: [[String]] = []

    init(_ head: [String]) { self.head = head }

    mutating func add(_ row: [String]) { rows.append(row) }

    func show(title: String) {
        let widths = head.indices.map { column in
            ([head] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            "| "
                + zip(cells, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
                .joined(separator: " | ") + " |"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
        Output.show((["### \(title)", "", line(head), rule] + rows.map(line) + [""]).joined(separator: "\n"))
    }
}

extension Double {
    /// `12,345` from a hundred up, else with as many digits as tell something.
    var figure: String {
        if self >= 100 {
            var digits = String(Int(rounded()))
            var at = digits.count - 3
            while at > 0 {
                digits.insert(",", at: digits.index(digits.startIndex, offsetBy: at))
                at -= 3
            }
            return digits
        }
        return String(format: self >= 10 ? "%.1f" : "%.2f", self)
    }

    var percent: String { String(format: "%.0f %%", self * 100) }
}

/// Standard output, a line at once.
enum Output {
    static func show(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
