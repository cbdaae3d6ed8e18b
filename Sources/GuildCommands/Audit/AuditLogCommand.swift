import ArgumentParser
import Foundation
import GuildCitadel
import GuildDomain
import GuildLedger

struct AuditLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Lists audit entries, the newest last.",
        discussion: "With --follow and -o json each entry is one line.")

    /// Entries looked at where the filter cannot be left to the ledger.
    private static let scanLimit = 10_000

    @Option(
        help: ArgumentHelp("Only entries that name this agent.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String?

    @Option(help: ArgumentHelp("Only entries of the causal chain that this event belongs to.", valueName: "id"))
    var event: String?

    @Option(help: ArgumentHelp("Only entries of this invocation, its actions among them.", valueName: "id"))
    var invocation: String?

    @Option(help: ArgumentHelp("Only this kind; * stands for anything: 'action.*'.", valueName: "kind"))
    var kind: String?

    @Option(help: ArgumentHelp("Only entries since then: 7d, 2026-11-22 or RFC 3339.", valueName: "time"))
    var since: String?

    @Option(name: .customShort("n"), help: ArgumentHelp("How many of the newest.", valueName: "count"))
    var count = 50

    @Flag(name: .shortAndLong, help: "Go on showing new entries until Ctrl-C.")
    var follow = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0...Self.scanLimit).contains(count) else {
            throw ValidationError("-n \(count) is not between 0 and \(Self.scanLimit)")
        }
        if follow, output.output == .yaml || output.output == .csv {
            throw ValidationError("--follow prints a table or JSON Lines: leave out -o, or write -o json")
        }
        let kinds = AuditEntry.Kind.allCases.map(\.rawValue)
        if let kind, !kind.contains(where: { "*?[".contains($0) }), !kinds.contains(kind) {
            let nearest = NearestName.of(kind, in: kinds).map { "; did you mean '\($0)'?" }
            throw ValidationError(
                "--kind '\(kind)' is not a kind of entry\(nearest ?? ": there are \(kinds.joined(separator: ", "))")")
        }
    }

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let ledger = try inspection.existingLedger()
        let (filter, subject) = try await filter(ledger, now: settings.time.now)
        var newest = filter
        newest.newestFirst = true
        newest.limit = subject == nil ? count : Self.scanLimit
        let records = Array(try await ledger.auditLog(newest).filter { Self.concerns($0, subject) }.suffix(count))
        guard follow else { return try output.renderer.print(AuditLogResult(records: records)) }
        guard show(records) else { return }
        try await follow(ledger, filter, subject, settings.time)
    }

    private func filter(_ ledger: Ledger, now: Timestamp) async throws -> (AuditFilter, subject: String?) {
        var filter = AuditFilter()
        filter.agent = agent
        filter.kind = kind
        filter.since = try since.map { try PointInTime.required($0, option: "--since", now: now, zone: .current) }
        if let id = invocation ?? event {
            filter.root = try await Causality.root(of: id, in: ledger)
        }
        return (filter, invocation?.uppercased())
    }

    private static func concerns(_ record: AuditRecord, _ subject: String?) -> Bool {
        subject == nil || record.subject == subject || record.cause == subject
    }

    /// - Returns: false where nobody reads any more.
    private func show(_ records: [AuditRecord]) -> Bool {
        records.allSatisfy { record in
            output.output == .json
                ? output.renderer.printLine(record.json) : output.renderer.write(record.line(output.renderer.style))
        }
    }

    private func follow(
        _ ledger: Ledger, _ filter: AuditFilter, _ subject: String?, _ time: any TimeSource
    ) async throws {
        ledger.watch()
        let signal = ledger.signal(.outcomes)
        var filter = filter
        // What was written between the first read and the watch comes with the next page.
        var last = AuditFilter()
        last.newestFirst = true
        last.limit = 1
        filter.after = try await ledger.auditLog(last).last?.seq ?? 0
        while !Task.isCancelled {
            let seen = signal.generation
            let records = try await ledger.auditLog(filter)
            guard show(records.filter({ Self.concerns($0, subject) })) else { return }
            if let newest = records.last {
                filter.after = newest.seq
            } else {
                await signal.wait(after: seen, until: time.now + .seconds(5), time: time)
            }
        }
    }
}

struct AuditLogResult: TabularResult {
    let records: [AuditRecord]

    var emptyText: String { "no entry fits" }
    var json: JSONValue { .array(records.map(\.json)) }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["SEQ", "TIME", "KIND", "ACTOR", "SUBJECT", "WHAT"],
            records.map {
                [String($0.seq), cells.time($0.at), $0.kind, $0.actor, $0.subject, $0.summary]
            }, rightAligned: [0])
    }
}

extension AuditRecord {
    private static let summaryCharacters = 160

    var json: JSONValue {
        [
            "seq": .integer(seq), "at": .string(at.rfc3339), "kind": .string(kind), "actor": .string(actor),
            "subject": .string(subject), "commit": .optional(commit), "cause": .optional(cause),
            "root": .optional(root), "body": body ?? .null, "hash": .string(hash),
        ]
    }

    /// The body in a few words: its members that are not empty.
    var summary: String {
        let members = body?.object?.members.filter { !$0.value.isNull } ?? []
        let text = members.map { "\($0.key)=\($0.value.string ?? $0.value.text())" }.joined(separator: " ")
        return text.count > Self.summaryCharacters ? text.prefix(Self.summaryCharacters) + "…" : text
    }

    /// One line of `--follow`.
    func line(_ style: Style) -> String {
        let fields = [LocalTime.text(at), kind.padding(to: 20), actor.padding(to: 15), subject, summary]
        return TextTable.printable(fields.joined(separator: " "))
    }
}
