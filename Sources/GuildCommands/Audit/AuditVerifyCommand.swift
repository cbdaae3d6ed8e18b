import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recomputes the audit chain and reports the first invalid entry.",
        discussion: """
            Exits 1 if an entry was changed, removed, inserted or reordered. Anyone who can write the ledger can \
            rebuild the whole chain; only an anchor that left the machine exposes that. Fetch anchors by name, because \
            clones do not include them by default: git fetch REMOTE refs/guild/audit
            """)

    @Option(help: ArgumentHelp("Begin at this entry; trust earlier ones.", valueName: "seq"))
    var from: Int64?

    @Flag(help: "Begin after the last successful verification, which is stored beside the ledger.")
    var incremental = false

    @Flag(help: "Begin at the first entry; the default.")
    var full = false

    @OptionGroup var anchors: AnchorOptions
    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let from, from < 1 { throw ValidationError("--from \(from) is not the number of an entry: they begin at 1") }
        guard [from != nil, incremental, full].count(where: { $0 }) < 2 else {
            throw ValidationError("--from, --incremental and --full exclude each other")
        }
    }

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let ledger = try context.requiredLedger()
        var verification = AuditVerification()
        if let from { verification.start = .entry(from) }
        if incremental { verification.start = .remembered }
        if anchors.isAsked {
            verification.checkpoints = try anchors.checkpoints(
                of: try await ledger.audit.ledgerID(), in: context.settings.workingDirectory, codex: context.codex)
        }
        let verdict = try await ledger.audit.verify(verification, now: context.now)
        try output.renderer.print(
            VerdictResult(
                verdict: verdict, ledger: context.location.path, anchor: verification.checkpoints.last,
                start: verification.start))
        if verdict.problem != nil { throw CommandStatus(code: ErrorKind.failed.exitStatus) }
    }
}

struct VerdictResult: CommandResult {
    let verdict: AuditVerdict
    let ledger: String
    /// The newest anchor that was compared with.
    let anchor: AuditCheckpoint?
    let start: AuditVerification.Start

    struct Document: Encodable {
        struct Anchor: Encodable {
            let seq: Int64
            let at: Timestamp
            let source: String
        }

        struct Problem: Encodable {
            let seq: Int64
            let reason: String
        }

        let valid: Bool
        let entries: Int64
        let head: String
        let root: String
        let first: Int64
        let erased: Int64
        let verifiedBefore: Timestamp?
        let anchor: Anchor?
        let problem: Problem?
    }

    var document: Document {
        Document(
            valid: verdict.problem == nil, entries: verdict.entries, head: verdict.head, root: verdict.root,
            first: verdict.first, erased: verdict.erased, verifiedBefore: verdict.rememberedAt,
            anchor: anchor.map {
                Document.Anchor(seq: $0.anchor.seq, at: $0.anchor.at, source: $0.source)
            }, problem: verdict.problem.map { Document.Problem(seq: $0.seq, reason: $0.reason) })
    }

    var rows: [AuditVerdict] { [verdict] }

    var columns: [Column<AuditVerdict>] {
        [
            .flag("VALID") { $0.problem == nil }, .number("ENTRIES", \.entries), .text("HEAD", \.head),
            .text("SEQ") { $0.problem.map { String($0.seq) } ?? "" }, .text("REASON") { $0.problem?.reason ?? "" },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard let problem = verdict.problem else {
            return ([good(style)] + (isQuiet ? [] : notes)).joined(separator: "\n")
        }
        let next = isQuiet ? "" : "\n  hint: compare with a backup of \(ledger); \(remaining)"
        return style.red("entry \(problem.seq)") + ": \(problem.reason)" + next
    }

    private func good(_ style: Style) -> String {
        let what =
            verdict.first == 1
            ? Amount.counted(verdict.entries, "entry", "entries")
            : verdict.first > verdict.entries
                ? "no new entry after \(Amount.grouped(verdict.entries))"
                : "entries \(Amount.grouped(verdict.first)) to \(Amount.grouped(verdict.entries))"
        return style.green("valid") + ": \(what), head \(verdict.head)"
    }

    private var notes: [String] {
        var lines: [String] = []
        if verdict.erased > 0 {
            lines.append("  \(Amount.counted(verdict.erased, "body was", "bodies were")) erased under a policy")
        }
        if let at = verdict.rememberedAt {
            lines.append(
                "  earlier entries were verified at \(LocalTime.text(at)), not now: --full begins at the first")
        } else if verdict.first > 1 {
            lines.append("  earlier entries were not checked")
        }
        if let anchor {
            lines.append(
                "  agrees with \(anchor.source), made at entry \(Amount.grouped(anchor.anchor.seq)) "
                    + "on \(LocalTime.text(anchor.anchor.at))")
        } else {
            lines.append("  compared with no anchor: --anchored or --anchor-from exposes a rebuilt chain")
        }
        return lines
    }

    private var remaining: String {
        verdict.first == 1 ? "earlier entries are valid" : "--full checks earlier entries too"
    }
}
