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

    var json: JSONValue {
        guard let mismatch else { return ["match": true] }
        return [
            "match": false, "path": .string(mismatch.path), "expected": .string(mismatch.expected),
            "found": .string(mismatch.found),
        ]
    }

    var table: TextTable {
        TextTable(
            ["MATCH", "PATH", "EXPECTED", "FOUND"],
            [
                [
                    mismatch == nil ? "true" : "false", mismatch?.path ?? "", mismatch?.expected ?? "",
                    mismatch?.found ?? "",
                ]
            ])
    }

    func text(_ style: Style, isQuiet: Bool) -> String { TextTable.printable(mismatch.map { "\($0)" } ?? "match") }
}
