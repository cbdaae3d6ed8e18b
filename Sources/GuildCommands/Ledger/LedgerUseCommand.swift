import ArgumentParser
import GuildCitadel
import GuildDomain

struct LedgerUseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use", abstract: "Selects the ledger of this codex (audited in that ledger).",
        discussion: """
            A codex finds its ledger by a random id in its repository's git configuration (`guild.id`), which work \
            trees share and which survives a move. A clone lacks the id, and a copy has another codex's id: commands \
            that write exit 2 there until this command selects a ledger. Nothing is copied or removed; the codex's \
            previous ledger stays where it is.

            EXAMPLES
              guild ledger use ~/.local/state/guild/shop-1f0c22ab
              guild ledger use --new
            """)

    @Argument(
        help: ArgumentHelp("The ledger's file, or its folder.", valueName: "path"), completion: .file())
    var path: String?

    @Flag(name: .customLong("new"), help: "Begin an empty ledger.")
    var isNew = false

    @Flag(help: "Accept another codex's ledger.")
    var foreign = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (path == nil) == isNew else {
            throw ValidationError("name the ledger to use, or begin an empty one with --new")
        }
    }

    func run() async throws {
        let settings = options.settings()
        let outcome = try await LedgerTaking(settings, actor: settings.user).take(path, foreign: foreign)
        try output.renderer.print(LedgerUseResult(outcome: outcome))
    }
}

struct LedgerUseResult: CommandResult {
    let outcome: LedgerTaking.Outcome

    struct Document: Encodable {
        let ledger: String
        let new: Bool
        let before: String?
        let codex: String
    }

    var document: Document {
        Document(ledger: outcome.ledger, new: outcome.isNew, before: outcome.before, codex: outcome.codex)
    }

    var rows: [Document] { [document] }

    var columns: [Column<Document>] {
        [
            .text("LEDGER", \.ledger), .flag("NEW", \.new), .text("BEFORE") { $0.before ?? "" },
            .text("CODEX", \.codex),
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !isQuiet else { return outcome.ledger }
        let what = outcome.isNew ? "A new empty ledger belongs to" : "This ledger belongs to"
        let before = outcome.before.map { ["The previous ledger is still there: \($0)"] } ?? []
        return (["\(what) \(outcome.codex): \(style.bold(outcome.ledger))"] + before).joined(separator: "\n")
    }
}
