import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// What two other programs make of the same expressions: croniter and cronsim, from PyPI. Where they differ from ours, one
/// of the choices of docs/cron.md ("Beside other programs") must be the reason.
@Suite(.enabled("croniter and cronsim can be installed") { await CronOracle.python() != nil })
struct CronOracleTests {
    private static let caseCount = 4000

    @Test func `thousands of expressions are due when croniter and cronsim say, but for the choices we made`()
        async throws
    {
        let seed = ProcessInfo.processInfo.environment["GUILD_CRON_SEED"].flatMap { UInt64($0) } ?? 20_261_122
        var cases = CronCases(seed: seed)
        let drawn = (0..<Self.caseCount).map { _ in cases.draw() }
        let answers = try await CronOracle.ask(drawn)
        #expect(answers.count == drawn.count)
        var tally: [String: Int] = [:]
        for (asked, answer) in zip(drawn, answers) {
            let ours = try asked.ours()
            for (name, theirs) in answer {
                let verdict = theirs.map { Self.verdict(name, asked, ours: ours, theirs: $0) } ?? "not known there"
                tally["\(name): \(verdict ?? "unexplained")", default: 0] += 1
                if verdict == nil {
                    Issue.record("seed \(seed): \(asked.line)\nours   \(ours)\n\(name) \(theirs ?? [])")
                }
            }
        }
        print(tally.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: "\n"))
        // Otherwise the comparison would be of little, or the reasons would be too wide.
        for name in ["croniter", "cronsim"] {
            #expect(tally["\(name): agrees", default: 0] > Self.caseCount * 9 / 10)
            #expect(tally["\(name): not known there", default: 0] < Self.caseCount / 20)
        }
    }

    /// - Returns: `agrees`, the choice that explains why not, or nil.
    private static func verdict(_ name: String, _ asked: CronCase, ours: [Int64], theirs: [Int64]) -> String? {
        let distinct = theirs.enumerated().filter { $0.offset == 0 || $0.element != theirs[$0.offset - 1] }
            .map(\.element)
        if agree(ours, distinct) { return distinct.count == theirs.count ? "agrees" : "a gap's times run once" }
        let days = asked.fields[2]
        if name == "croniter", asked.fields[4].contains("#"), !days.hasPrefix("*") {
            var fields = asked.fields
            fields[2] = "*"
            let without = CronCase(expression: fields.joined(separator: " "), zone: asked.zone, start: asked.start)
            if (try? without.ours()).map({ agree($0, distinct) }) == true { return "# does not drop the day of month" }
        }
        guard let end = [ours.last, distinct.last].compactMap(\.self).min() else { return nil }
        let quiet = { (times: [Int64]) in times.filter { $0 <= end && !asked.isNearChange($0) } }
        guard quiet(ours) == quiet(distinct) else { return nil }
        return name == "croniter" && asked.isDebians || asked.isTrueToTheWallClock(ours) ? "clock changes" : nil
    }

    private static func agree(_ ours: [Int64], _ theirs: [Int64]) -> Bool {
        let count = min(ours.count, theirs.count)
        return count > 0 && ours.prefix(count) == theirs.prefix(count)
    }

    @Test func `the truth table of docs/cron.md is what cronsim says too`() async throws {
        let rows = [
            "* * * * *", "0 0 13 * *", "0 0 * * 5", "0 0 13 * 5", "0 0 */2 * 1", "0 0 13 * */5", "0 0 1-31/2 * 1",
        ]
        let asked = rows.map { CronCase(expression: $0, zone: "UTC", start: Timestamp(seconds: 1_790_000_000)) }
        for (row, answer) in zip(asked, try await CronOracle.ask(asked)) {
            #expect(try answer["cronsim"] == row.ours(), "\(row.expression)")
        }
    }
}

extension CronCase {
    /// Six fields have no equivalent of Debian's rule elsewhere; they follow elapsed time there, as `dst: both` does.
    var isDebians: Bool { fields.count == 5 && !(fields[0] + fields[1]).contains("*") }

    func ours() throws -> [Int64] {
        let schedule = try CronSchedule(parsing: expression)
        let zone = Zones.named(zone) ?? .gmt
        var (times, instant): ([Int64], Timestamp) = ([], start)
        let policy: DSTPolicy = fields.count == 6 ? .both : .debian
        while times.count < Self.count, let next = schedule.next(after: instant, in: zone, policy: policy) {
            times.append(next.seconds)
            instant = next
        }
        return times
    }

    private func offset(at instant: Int64) -> Int64 {
        let zone = Zones.named(zone) ?? .gmt
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
    }

    /// Within a day and an hour.
    func isNearChange(_ instant: Int64) -> Bool { offset(at: instant - 90_000) != offset(at: instant + 90_000) }

    /// Whether near clock changes the times are exactly the instants whose wall-clock time matches: worked out second by
    /// second, with the expression read in UTC, where no clock ever changes.
    func isTrueToTheWallClock(_ times: [Int64]) -> Bool {
        guard let schedule = try? CronSchedule(parsing: expression), let last = times.last else { return false }
        let isDue = { (instant: Int64) -> Bool in
            let wall = instant + offset(at: instant)
            return schedule.next(after: Timestamp(seconds: wall - 1), in: .gmt)?.seconds == wall
        }
        guard times.allSatisfy(isDue) else { return false }
        let step: Int64 = fields.count == 6 ? 1 : 60
        var instant = start.seconds + step - start.seconds.floorDivided(by: step).remainder
        let known = Set(times)
        while instant <= last {
            if isNearChange(instant) {
                if isDue(instant), !known.contains(instant) { return false }
                instant += step
            } else {
                instant += 3600
            }
        }
        return true
    }
}

/// The libraries, installed once a run into a virtual environment that is removed at its end.
enum CronOracle {
    /// The environment's Python; nil where Python or the packages cannot be had, as on a machine without a network.
    static func python() async -> String? { await installation.value }

    private static let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "guild-cron-\(ProcessInfo.processInfo.processIdentifier)"
    ).path

    private static let installation = Task { () -> String? in
        // A folder left behind is only litter in the temporary folder.
        atexit { try? FileManager.default.removeItem(atPath: CronOracle.folder) }
        do {
            let made = try await ChildProcess.run("/usr/bin/env", ["python3", "-m", "venv", folder])
            guard made.status == 0 else { return complain(made.errors + made.output) }
            let python = "\(folder)/bin/python"
            let packages = ["croniter", "cronsim", "tzdata"]
            let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + packages
            let installed = try await ChildProcess.run(python, arguments, limit: .seconds(300))
            return installed.status == 0 ? python : complain(installed.errors)
        } catch {
            return complain("\(error)")
        }
    }

    private static func complain(_ text: String) -> String? {
        print("croniter and cronsim are not at hand: \(text.suffix(500))")
        return nil
    }

    /// - Returns: for each case and library its due times; nil where it does not know the expression.
    static func ask(_ cases: [CronCase]) async throws -> [[String: [Int64]?]] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "cron/oracle.py")
        let finished = try await ChildProcess.run(
            await python() ?? "python3", [script.path],
            input: Array(cases.map(\.line).joined(separator: "\n").utf8))
        #expect(finished.status == 0, "\(finished.errors)")
        return try finished.output.split(separator: "\n").map { line in
            let answer = try JSONParser.parse(String(line))
            return Dictionary(
                uniqueKeysWithValues: ["croniter", "cronsim"].map { name in
                    (name, answer[name]?.array.map { $0.compactMap(\.integer) })
                })
        }
    }
}
