import GuildControl
import GuildDomain

/// The pauses that a resumption ended, and those that still hold the schedules.
struct ScheduleResumeResult: ListResult {
    enum Outcome: String, Encodable, Sendable {
        case resumed
        case notPaused = "not paused"
        case stillPaused = "still paused"
    }

    struct Row: Encodable, Sendable {
        /// `AGENT`, `AGENT/NAME` or `AGENT/NAME@PERSON`.
        let target: String
        let outcome: Outcome
        /// The pause that still holds schedules, and the command that ends it.
        let hold: ScheduleHoldRow?
    }

    let rows: [Row]
    private let target: String
    private let ended: [String]
    private let held: [ScheduleHold]

    /// - Parameters:
    ///   - target: what was to be resumed.
    ///   - ended: the names under which it was paused.
    ///   - held: the pauses that still hold it.
    init(target: String, ended: [String], held: [ScheduleHold]) {
        self.target = target
        self.ended = ended
        self.held = held
        let changes =
            ended.isEmpty && !held.contains { $0.target == target }
            ? [Row(target: target, outcome: .notPaused, hold: nil)]
            : ended.map { Row(target: $0, outcome: .resumed, hold: nil) }
        rows = changes + held.map { Row(target: $0.target, outcome: .stillPaused, hold: ScheduleHoldRow($0)) }
    }

    var columns: [Column<Row>] {
        [
            .text("TARGET", \.target), .text("OUTCOME", \.outcome.rawValue), .time("SINCE", \.hold?.since),
            .time("UNTIL", \.hold?.until), .optional("BY", \.hold?.actor), .optional("REASON", \.hold?.reason),
            .optional("RESUME WITH", \.hold?.resume),
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !isQuiet else { return "" }
        var lines: [String] = []
        if !ended.isEmpty { lines.append("resumed \(ended.joined(separator: ", "))") }
        if rows.first?.outcome == .notPaused { lines.append("was not paused: \(target)") }
        lines += held.map { $0.isOfAgent ? $0.line : "\(target) stays paused: \($0.line)" }
        return lines.map(TextTable.printable).joined(separator: "\n")
    }
}

/// A pause that holds a schedule, in documents.
struct ScheduleHoldRow: Encodable, Sendable {
    let target: String
    /// Whether the agent itself is paused, and not only its schedules.
    let ofAgent: Bool
    let since: Timestamp
    /// Nil until somebody resumes it.
    let until: Timestamp?
    let actor: String
    let reason: String?
    /// The command that ends it.
    let resume: String

    init(_ hold: ScheduleHold) {
        target = hold.target
        ofAgent = hold.isOfAgent
        since = hold.since
        until = hold.until
        actor = hold.actor
        reason = hold.reason
        resume = hold.command
    }
}

extension ScheduleHold {
    /// For people: what holds the schedule, and the command that ends it.
    var line: String {
        let end = until.map { "until \(LocalTime.text($0))" }
        guard isOfAgent else { return "\(target) is paused \(end ?? "") (\(actor)); \(command)" }
        return "\(target) itself is paused by \(actor) since \(LocalTime.text(since))"
            + (end.map { ", \($0)" } ?? "") + (reason.map { ": \($0)" } ?? "") + ", so nothing runs: \(command)"
    }
}
