import ArgumentParser
import Foundation
import GuildCitadel
import GuildControl
package import GuildDomain
package import GuildLedger

struct AuditLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Lists audit entries, the newest last.",
        discussion: "With --follow and -o json each entry is one line.")

    private static let limit = 10_000

    @Option(
        help: ArgumentHelp("Only entries that name this agent.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String?

    @Option(help: ArgumentHelp("Only entries of the causal chain that this event belongs to.", valueName: "id"))
    var event: String?

    @Option(help: ArgumentHelp("Only entries of this invocation and its actions.", valueName: "id"))
    var invocation: String?

    @Option(help: ArgumentHelp("Only this kind; * is a wildcard: 'action.*'.", valueName: "kind"))
    var kind: String?

    @Option(help: ArgumentHelp("Only entries of this actor: user:ada, executor, 'user:*'.", valueName: "actor"))
    var actor: String?

    @Option(help: ArgumentHelp("Only entries about this id.", valueName: "id"))
    var subject: String?

    @Option(help: ArgumentHelp("Only entries of the chain with this root event.", valueName: "id"))
    var root: String?

    @Option(help: ArgumentHelp("Only entries since this time: 7d, 2026-11-22 or RFC 3339.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only entries before this time.", valueName: "time"))
    var until: String?

    @Option(
        name: [.customShort("n", allowingJoined: true), .customLong("limit")],
        help: ArgumentHelp("The number of entries, counted from the newest.", valueName: "count"))
    var count = 50

    @Flag(name: .shortAndLong, help: "Keep printing new entries until Ctrl-C.")
    var follow = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0...Self.limit).contains(count) else {
            throw ValidationError("-n \(count) is not between 0 and \(Self.limit)")
        }
        if follow, output.output == .yaml || output.output == .csv {
            throw ValidationError("--follow prints a table or JSON Lines: leave out -o, or write -o json")
        }
        if follow, until != nil { throw ValidationError("--follow has no end: remove --until") }
        guard [event, invocation, root].count(where: { $0 != nil }) < 2 else {
            throw ValidationError("--event, --invocation and --root exclude each other: each selects a chain")
        }
        let kinds = AuditEntry.Kind.allCases.map(\.rawValue)
        if let kind, !kind.contains(where: { "*?[".contains($0) }), !kinds.contains(kind) {
            let nearest = NearestName.of(kind, in: kinds).map { "; did you mean '\($0)'?" }
            throw ValidationError(
                "--kind '\(kind)' is not a kind of entry\(nearest ?? ": there are \(kinds.joined(separator: ", "))")")
        }
    }

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let ledger = try context.requiredLedger()
        var filter = try await filter(ledger.reports, now: context.now)
        var newest = filter
        // Entries written from here on belong to the follower only.
        newest.through = try await ledger.audit.head()
        newest.newestFirst = true
        newest.limit = count
        let records = try await ledger.audit.log(newest)
        guard follow else { return try output.renderer.print(AuditLogResult(records: records)) }
        filter.after = newest.through ?? 0
        let feed = AuditFeed(audit: ledger.audit, filter: filter, renderer: output.renderer, time: context.time)
        guard feed.show(records) else { return }
        ledger.watch()
        try await feed.followUntilInterrupted()
    }

    private func filter(
        _ reports: ReportLedger, now: Timestamp
    ) async throws -> AuditFilter {
        var filter = AuditFilter()
        filter.agent = agent
        filter.kind = kind
        filter.actor = actor
        // A subject may be a commit or an account as well.
        filter.subject = subject
        if let subject, let id = try await WrittenID.find(subject, of: RecordKind.allCases, in: reports) {
            filter.subject = id
        }
        filter.since = try since.map { try PointInTime.required($0, option: "--since", now: now, zone: .current) }
        filter.until = try until.map { try PointInTime.required($0, option: "--until", now: now, zone: .current) }
        if let since = filter.since, let until = filter.until, until <= since {
            throw Failure(.usage, "--until is not after --since", hint: "remove one of them, or swap them")
        }
        if let id = invocation ?? event ?? root { filter.root = try await Causality.root(of: id, in: reports) }
        if let invocation { filter.invocation = try await WrittenID.resolve(invocation, in: reports) }
        return filter
    }
}

struct AuditLogResult: ListResult {
    let records: [AuditRecord]

    var emptyText: String { "no entry matches" }
    var rows: [AuditRecord] { records }

    var columns: [Column<AuditRecord>] {
        [
            .number("SEQ", \.seq), .time("TIME", \.at), .text("KIND", \.kind), .text("ACTOR", \.actor),
            .text("SUBJECT", \.subject), .text("WHAT", \.summary),
        ]
    }
}

extension AuditRecord: JSONShape {
    private static let summaryCharacters = 160

    package var json: JSONValue {
        [
            "seq": .integer(seq), "at": .string(at.rfc3339), "kind": .string(kind), "actor": .string(actor),
            "subject": .string(subject), "commit": .optional(commit), "cause": .optional(cause),
            "root": .optional(root), "body": body ?? .null, "hash": .string(hash), "erased": .bool(isErased),
        ]
    }

    private var isErased: Bool { body == nil && !isBodyDamaged }

    /// The body in a few words: its members that are not empty.
    var summary: String {
        if isErased { return Shown.erased }
        if isBodyDamaged { return "(damaged: guild audit verify)" }
        let members = body?.object?.members.filter { !$0.value.isNull } ?? []
        let text = members.map { "\($0.key)=\($0.value.string ?? $0.value.text())" }.joined(separator: " ")
        return ScreenText.shortened(text, to: Self.summaryCharacters)
    }

    /// One line of `--follow`.
    func line(_ style: Style) -> String {
        let fields = [LocalTime.text(at), kind.padding(to: 20), actor.padding(to: 15), subject, summary]
        return TextTable.printable(fields.joined(separator: " "))
    }
}
