/// One of the fields of a cron expression: its name, its numbers and their names.
struct CronField: Sendable {
    let name: String
    let range: ClosedRange<Int>
    /// Names of the numbers, beginning with the lowest.
    var names: [String] = []

    static let second = CronField(name: "second", range: 0...59)
    static let minute = CronField(name: "minute", range: 0...59)
    static let hour = CronField(name: "hour", range: 0...23)
    static let dayOfMonth = CronField(name: "day of month", range: 1...31)
    static let month = CronField(
        name: "month", range: 1...12,
        names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
    /// 7 is Sunday too; `DayRule` folds it onto 0.
    static let dayOfWeek = CronField(
        name: "day of week", range: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])

    func problem(_ found: some StringProtocol, _ expected: String) -> CronSchedule.Problem {
        CronSchedule.Problem(field: name, found: String(found), expected: expected)
    }

    /// A field without the special forms of days.
    func plain(_ text: String) throws(CronSchedule.Problem) -> BitSet64 {
        var members = BitSet64()
        for item in items(text) { try insert(item, into: &members) }
        return members
    }

    func items(_ text: String) -> [Substring] { text.split(separator: ",", omittingEmptySubsequences: false) }

    /// One item of a list: `*`, `5`, `1-5`, each optionally with a step; `5/10` begins at 5 and runs to the end.
    func insert(_ item: Substring, into members: inout BitSet64) throws(CronSchedule.Problem) {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let step = parts.count == 2 ? try stepSize(parts[1], item: item) : nil
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let (lower, upper): (Int, Int)
        if parts[0] == "*" || parts[0] == "?" {
            lower = range.lowerBound
            upper = highest
        } else if bounds.count == 2 {
            lower = try number(bounds[0], item: item)
            let end = try number(bounds[1], item: item)
            // Sunday ends a range as 7: FRI-SUN.
            upper = end == 0 && range.upperBound == 7 && lower > 0 ? 7 : end
            guard lower <= upper else {
                throw problem(item, "a range that does not run backwards; write it as two ranges, with a comma")
            }
        } else {
            lower = try number(parts[0], item: item)
            upper = step == nil ? lower : max(lower, highest)
        }
        for member in stride(from: lower, through: upper, by: step ?? 1) { members.insert(member) }
    }

    /// Sunday counts once in `*`.
    private var highest: Int { range.upperBound == 7 ? 6 : range.upperBound }

    private var numbersInWords: String {
        "\(range.lowerBound)-\(range.upperBound)"
            + (names.isEmpty ? "" : " or \(names[0])-\(names[names.count - 1])")
    }

    func number(_ text: some StringProtocol, item: Substring) throws(CronSchedule.Problem) -> Int {
        if let value = Self.digits(text) {
            guard range.contains(value) else { throw problem(item, numbersInWords) }
            return value
        }
        guard let index = names.firstIndex(of: text.uppercased()) else {
            let near = NearestName.of(String(text), in: names).map { "; did you mean \($0)?" } ?? ""
            throw problem(item.isEmpty ? "nothing" : item, "\(numbersInWords)\(near)")
        }
        return range.lowerBound + index
    }

    private func stepSize(_ text: Substring, item: Substring) throws(CronSchedule.Problem) -> Int {
        let size = highest - range.lowerBound + 1
        guard let step = Self.digits(text), (1...size).contains(step) else {
            throw problem(item, "a step of 1 to \(size)")
        }
        return step
    }

    /// At most four ASCII digits.
    static func digits(_ text: some StringProtocol) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }
}
