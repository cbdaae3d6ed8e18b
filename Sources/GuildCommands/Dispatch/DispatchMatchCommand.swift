import ArgumentParser
import GuildCodex
import GuildDomain

struct DispatchMatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "match", abstract: "Tries an event pattern on an event, without a codex.",
        discussion: """
            Prints `match` and exits 0, or prints the first field that failed and exits 1. The pattern is YAML or JSON \
            like a trigger's `conditions`; the event is any JSON mapping.
            """)

    @Argument(help: ArgumentHelp("The pattern; - is standard input.", valueName: "pattern-file"), completion: .file())
    var patternFile: String

    @Argument(help: ArgumentHelp("The event; - is standard input.", valueName: "event-file"), completion: .file())
    var eventFile: String

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if patternFile == "-", eventFile == "-" { throw ValidationError("standard input can be read once") }
    }

    func run() throws {
        let pattern = try PatternDocument.parse(try InputFile.read(patternFile), name: patternFile)
        let result = MatchResult(mismatch: pattern.firstMismatch(in: try event()))
        try output.renderer.print(result)
        if result.mismatch != nil { throw CommandStatus(code: ErrorKind.failed.exitStatus) }
    }

    private func event() throws -> JSONValue {
        let bytes = try InputFile.read(eventFile)
        do throws(JSONParser.Problem) {
            return try JSONParser.parse(bytes)
        } catch {
            throw Failure(.usage, "\(eventFile): \(error.message)", hint: "an event is one JSON document")
        }
    }
}

struct MatchResult: CommandResult {
    let mismatch: EventPattern.Mismatch?

    struct Mismatch: Encodable {
        let path: String
        let expected: String
        let found: String
    }

    /// A match has no other members.
    struct Document: Encodable {
        let match: Bool
        let mismatch: Mismatch?

        private enum CodingKeys: String, CodingKey {
            case match
            case mismatch = ""
        }
    }

    var document: Document {
        Document(
            match: mismatch == nil,
            mismatch: mismatch.map { Mismatch(path: $0.path, expected: $0.expected, found: $0.found) })
    }

    var rows: [EventPattern.Mismatch?] { [mismatch] }

    var columns: [Column<EventPattern.Mismatch?>] {
        [
            .flag("MATCH") { $0 == nil }, .text("PATH") { $0?.path ?? "" }, .text("EXPECTED") { $0?.expected ?? "" },
            .text("FOUND") { $0?.found ?? "" },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String { TextTable.printable(mismatch.map { "\($0)" } ?? "match") }
}
