import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct AuditAnchorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anchor",
        abstract: "Commits the audit log's current hash to refs/guild/audit of the codex repository.",
        discussion: """
            guild first recomputes the entries since the last anchor, and refuses a log that does not match that \
            anchor. The commit is signed if git is set up to sign. Only an anchor that left the machine proves \
            anything: push it, or keep the output of -o json.
            """)

    @Option(help: ArgumentHelp("Then push the anchors to this remote with git push.", valueName: "remote"))
    var push: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings, for: .writing)
        defer { inspection.close() }
        let repository = try inspection.codex().repository
        let anchorer = AuditAnchorer(
            ledger: try inspection.requiredLedger(), repository: repository, time: settings.time,
            actor: "user:\(UserName.current)")
        let outcome = try await anchorer.anchor()
        if case .empty = outcome {
            throw Failure(.failed, "there is nothing to anchor: the audit log is empty", hint: "run something first")
        }
        var failure: (any Error)?
        if let push {
            // The anchor exists whether or not it can be pushed, so it is shown before the failure.
            do { try repository.pushAnchors(to: push) } catch { failure = error }
        }
        try output.renderer.print(
            AnchorResult(outcome: outcome, place: repository.place, remote: failure == nil ? push : nil))
        if let failure { throw failure }
    }
}

struct AnchorResult: CommandResult {
    let outcome: AuditAnchorer.Outcome
    let place: String
    /// The remote that it was pushed to.
    let remote: String?

    private var parts: (anchor: AuditAnchor, commit: CommitID, isNew: Bool, isSigned: Bool)? {
        switch outcome {
        case .anchored(let anchor, let commit, let isSigned): (anchor, commit, true, isSigned)
        case .standing(let anchor, let commit): (anchor, commit, false, false)
        case .empty: nil
        }
    }

    /// The anchor itself, with where it stands: `--anchor-from` reads this again.
    var json: JSONValue {
        guard let parts, var object = parts.anchor.json.object else { return .null }
        object["commit"] = .string(parts.commit.hex)
        object["ref"] = .string(CodexRepository.auditRef)
        object["new"] = .bool(parts.isNew)
        object["signed"] = parts.isNew ? .bool(parts.isSigned) : .null
        object["pushed"] = .optional(remote)
        return .object(object)
    }

    var table: TextTable {
        TextTable(
            ["SEQ", "HASH", "ROOT", "COMMIT", "NEW"],
            parts.map { parts in
                [
                    [
                        String(parts.anchor.seq), ContentDigest.hex(bytes: parts.anchor.hash),
                        ContentDigest.hex(bytes: parts.anchor.root), parts.commit.hex, parts.isNew ? "true" : "false",
                    ]
                ]
            } ?? [])
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard let parts else { return "" }
        let entry = Amount.grouped(parts.anchor.seq)
        var lines = [
            parts.isNew
                ? style.green("anchored") + " entry \(entry) in commit \(parts.commit.short) of \(place)"
                    + (parts.isSigned ? ", signed" : "")
                : "entry \(entry) is anchored already, in commit \(parts.commit.short) of \(place); there are no entries since",
            "  chain hash \(ContentDigest.hex(bytes: parts.anchor.hash))",
            "  tree root  \(ContentDigest.hex(bytes: parts.anchor.root))",
        ]
        if let remote { lines.append("  pushed to \(remote)") }
        if remote == nil, !isQuiet { lines.append("  it proves nothing until it leaves this machine: --push REMOTE") }
        return lines.joined(separator: "\n")
    }
}
