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
        let context = try options.context(for: .writing)
        defer { context.close() }
        let anchors = try context.codex().repository.anchors
        let anchorer = AuditAnchorer(
            audit: try context.requiredLedger().audit, anchors: anchors, time: context.time,
            actor: context.actor)
        let outcome = try await anchorer.anchor()
        if case .empty = outcome {
            throw Failure(.failed, "there is nothing to anchor: the audit log is empty", hint: "run something first")
        }
        var failure: (any Error)?
        if let push {
            // The anchor exists whether or not it can be pushed, so it is shown before the failure.
            do { try anchors.push(to: push) } catch { failure = error }
        }
        try output.renderer.print(
            AnchorResult(outcome: outcome, place: anchors.place, remote: failure == nil ? push : nil))
        if let failure { throw failure }
    }
}

struct AnchorResult: CommandResult {
    let outcome: AuditAnchorer.Outcome
    let place: String
    /// The remote that it was pushed to.
    let remote: String?

    struct Parts: Sendable {
        let anchor: AuditAnchor
        let commit: CommitID
        let isNew: Bool
        let isSigned: Bool
    }

    private var parts: Parts? {
        switch outcome {
        case .anchored(let anchor, let commit, let isSigned):
            Parts(anchor: anchor, commit: commit, isNew: true, isSigned: isSigned)
        case .standing(let anchor, let commit): Parts(anchor: anchor, commit: commit, isNew: false, isSigned: false)
        case .empty: nil
        }
    }

    /// The anchor itself, with its place: `--anchor-from` reads this again.
    struct Anchored: Encodable {
        let anchor: JSONValue
        let commit: String
        let ref: String
        let isNew: Bool
        let isSigned: Bool?
        let remote: String?

        private enum CodingKeys: String, CodingKey {
            case anchor = ""
            case commit, ref
            case isNew = "new"
            case isSigned = "signed"
            case remote = "pushed"
        }
    }

    var document: Anchored? {
        parts.map { parts in
            Anchored(
                anchor: parts.anchor.json, commit: parts.commit.hex, ref: AnchorBranch.ref, isNew: parts.isNew,
                isSigned: parts.isNew ? parts.isSigned : nil, remote: remote)
        }
    }

    var rows: [Parts] { parts.map { [$0] } ?? [] }

    var columns: [Column<Parts>] {
        [
            .number("SEQ") { $0.anchor.seq }, .text("HASH") { ContentDigest.hex(bytes: $0.anchor.hash) },
            .text("ROOT") { ContentDigest.hex(bytes: $0.anchor.root) }, .text("COMMIT") { $0.commit.hex },
            .flag("NEW") { $0.isNew },
        ]
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
