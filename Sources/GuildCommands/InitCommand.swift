import ArgumentParser
import Foundation
import GuildCodex
import GuildDomain

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Creates a working codex in a new git repository.",
        discussion: "Its single agent runs without a key: it answers from a recording.")

    @Argument(
        help: ArgumentHelp("The folder to create; it must be empty or not exist yet.", valueName: "dir"),
        completion: .directory)
    var folder = "codex"

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let path = URL(fileURLWithPath: folder).standardizedFileURL.path
        let made = try NewRepository.make(at: path, files: StarterCodex.files, message: "A codex made by guild init\n")
        try output.renderer.print(InitResult(folder: folder, made: made))
    }
}

/// The new codex, and the next steps.
struct InitResult: CommandResult {
    let folder: String
    let made: NewRepository

    struct Document: Encodable {
        let path: String
        let commit: String
        let author: String
        let next: [String]
    }

    var document: Document {
        Document(path: made.path, commit: made.commit.hex, author: made.author, next: next)
    }

    var rows: [Document] { [document] }

    var columns: [Column<Document>] {
        [.text("PATH", \.path), .text("COMMIT", \.commit), .text("AUTHOR", \.author)]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !isQuiet else { return made.path }
        var lines = ["Created a codex in \(style.bold(folder)), commit \(made.commit.short) by \(made.author)."]
        if made.isByGuild { lines.append("Git has no user.name here, so guild is the author of the commit.") }
        lines += ["", "Next:"] + next.map { "  " + style.cyan($0) }
        return lines.joined(separator: "\n")
    }

    private var next: [String] {
        ["cd \(folder)", "guild run greeter", "guild audit log", "guild budget report"]
    }
}

/// The files that `init` writes, embedded in the binary.
enum StarterCodex {
    static let files: [(path: String, bytes: [UInt8])] = [
        ("guild.yaml", PackageResources.guild_yaml),
        ("README.md", PackageResources.README_md),
        ("agents/greeter.yaml", PackageResources.greeter_yaml),
        ("prompts/greeter.md", PackageResources.greeter_md),
        ("providers/models.yaml", PackageResources.models_yaml),
        ("recordings/greeter.jsonl", PackageResources.greeter_jsonl),
        ("recordings/greeter.expect.yaml", PackageResources.greeter_expect_yaml),
    ]
}
