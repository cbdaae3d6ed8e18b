import ArgumentParser
import GuildCitadel
import GuildDomain

struct LedgerUseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use", abstract: "Says which ledger belongs to this codex; who did is recorded in it.",
        discussion: """
            A codex finds its ledger by a random id in its repository's git configuration (`guild.id`), which work trees \
            share and a move keeps. A clone does not have it, and a copy has one that is another's: there, commands that \
            write exit 2 until this says which ledger is meant. Nothing is copied or removed; the ledger that was the \
            codex's before stays where it is.

            EXAMPLES
              guild ledger use ~/.local/state/guild/shop-1f0c22ab
              guild ledger use --new
            """)

    @Argument(
        help: ArgumentHelp("The ledger's file, or the folder it is in.", valueName: "path"), completion: .file())
    var path: String?

    @Flag(name: .customLong("new"), help: "Begin an empty ledger.")
    var isNew = false

    @Flag(help: "Take a ledger that is another codex's.")
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
        let what = outcome.isNew ? "An empty ledger begins for" : "This is the ledger of"
        let before = outcome.before.map { ["The one before is still there: \($0)"] } ?? []
        return (["\(what) \(outcome.codex): \(style.bold(outcome.ledger))"] + before).joined(separator: "\n")
    }
}
