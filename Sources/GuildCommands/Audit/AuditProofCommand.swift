import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct AuditProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof", abstract: "Proves with a few hashes that an entry is in the log (RFC 9162).",
        discussion: """
            With -o json you can pass the proof on. --check reads it again, and needs ledger and codex only to compare \
            it with an anchor.
            """)

    @Argument(help: ArgumentHelp("The number of the entry.", valueName: "seq"))
    var seq: Int64?

    @Option(
        help: ArgumentHelp(
            "Prove it for the tree of this many entries, for example those of an anchor.", valueName: "count")
    )
    var size: Int64?

    @Option(help: ArgumentHelp("Check the proof in this file instead.", valueName: "file"), completion: .file())
    var check: String?

    @OptionGroup var anchors: AnchorOptions
    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    private static let fileBytes = 64 << 10

    func validate() throws {
        guard (seq == nil) != (check == nil) else {
            throw ValidationError("say which entry to prove, or which proof to --check FILE")
        }
        if let seq, seq < 1 { throw ValidationError("\(seq) is not the number of an entry: they begin at 1") }
        if size != nil, check != nil || anchors.isAsked {
            throw ValidationError("--size excludes --check and anchors, which determine the size")
        }
    }

    func run() async throws {
        let settings = options.settings()
        if let check { return try verify(check, settings) }
        let context = try CommandContext(settings)
        defer { context.close() }
        let ledger = try context.requiredLedger()
        var anchor: AuditCheckpoint?
        if anchors.isAsked {
            let checkpoints = try anchors.checkpoints(
                of: try await ledger.audit.ledgerID(), in: settings.workingDirectory, codex: context.codex)
            anchor = checkpoints.last
        }
        let proof = try await ledger.audit.proof(of: seq ?? 0, size: anchor?.anchor.seq ?? size)
        try show(proof, anchor)
    }

    private func verify(_ file: String, _ settings: Settings) throws {
        let path = CodexLocation(file, workingDirectory: settings.workingDirectory).path
        let proof = try AuditProof(json: try AuditFile.read(path, named: file, limit: Self.fileBytes), from: file)
        var anchor: AuditCheckpoint?
        if anchors.isAsked {
            let checkpoints = try anchors.checkpoints(of: proof.ledger, in: settings.workingDirectory) {
                try CodexAccess(settings)
            }
            anchor = checkpoints.last { $0.anchor.seq == proof.size }
            guard anchor != nil else {
                throw Failure(
                    .failed, "\(file): there is no anchor of \(proof.size) entries to compare with",
                    hint: "make the proof for the newest one: guild audit proof \(proof.seq) --anchored -o json")
            }
        }
        try show(proof, anchor)
    }

    /// Fails after showing the result if the proof is wrong.
    private func show(_ proof: AuditProof, _ anchor: AuditCheckpoint?) throws {
        let result = ProofResult(proof: proof, anchor: anchor)
        try output.renderer.print(result)
        if !result.isGood { throw CommandStatus(code: ErrorKind.failed.exitStatus) }
    }
}

struct ProofResult: CommandResult {
    let proof: AuditProof
    /// Of the same number of entries.
    let anchor: AuditCheckpoint?

    private var agrees: Bool? { anchor.map { $0.anchor.root == proof.root } }
    var isGood: Bool { proof.holds && agrees != false }

    /// The proof itself; `--check` reads this again.
    struct Document: Encodable {
        let proof: JSONValue
        let holds: Bool
        let anchor: String?
        let agrees: Bool?

        private enum CodingKeys: String, CodingKey {
            case proof = ""
            case holds, anchor, agrees
        }
    }

    var document: Document {
        Document(proof: proof.json, holds: proof.holds, anchor: anchor?.source, agrees: agrees)
    }

    var rows: [AuditProof] { [proof] }

    var columns: [Column<AuditProof>] {
        [
            .number("SEQ", \.seq), .number("SIZE", \.size), .flag("HOLDS", \.holds),
            .text("ROOT") { ContentDigest.hex(bytes: $0.root) },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let tree = "the tree of \(Amount.grouped(proof.size)) entries"
        guard proof.holds else {
            return style.red("not proved") + ": the hashes do not lead from entry \(proof.seq) to the root of \(tree)"
        }
        var lines = [style.green("proved") + ": entry \(Amount.grouped(proof.seq)) is in \(tree)"]
        lines.append("  entry \(ContentDigest.hex(bytes: proof.hash))")
        lines += proof.path.map { "  \(ContentDigest.hex(bytes: $0))" }
        lines.append("  root  \(ContentDigest.hex(bytes: proof.root))")
        switch (agrees, anchor) {
        case (true?, let anchor?): lines.append("  the root is that of \(anchor.source)")
        case (false?, let anchor?):
            lines.append("  " + style.red("the root is not that of \(anchor.source)"))
        default: if !isQuiet { lines.append("  compare the root with an anchor: --anchored or --anchor-from") }
        }
        return lines.joined(separator: "\n")
    }
}
