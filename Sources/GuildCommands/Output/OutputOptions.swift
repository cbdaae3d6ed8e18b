import ArgumentParser

/// How a command that prints data prints it.
struct OutputOptions: ParsableArguments {
    @Option(name: .letterAndLong("o"), help: ArgumentHelp("table, json, yaml or csv.", valueName: "format"))
    var output: OutputFormat = .table

    @Flag(name: .shortAndLong, help: "Print no headings and no hints.")
    var quiet = false

    @Option(
        help: ArgumentHelp(
            "auto, always or never.", discussion: "NO_COLOR and CLICOLOR_FORCE apply.", valueName: "when"))
    var color: ColorChoice = .auto

    @Flag(help: "With -o csv, do not escape cells that a spreadsheet would calculate.")
    var rawCells = false

    func validate() throws {
        if rawCells, output != .csv { throw ValidationError("--raw-cells needs -o csv") }
    }

    /// The one place that prints a command's result.
    var renderer: Renderer { Renderer(format: output, isQuiet: quiet, color: color, rawCells: rawCells) }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, yaml, csv
}

enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
}
