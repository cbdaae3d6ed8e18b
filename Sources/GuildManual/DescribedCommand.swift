import GuildDomain

/// A command as `--experimental-dump-help` of swift-argument-parser describes it (its ToolInfo, serialization 0).
struct DescribedCommand {
    /// Levels of subcommands read.
    private static let depthLimit = 8

    /// `guild`, `guild budget`, `guild budget report`.
    let path: [String]
    let abstract: String
    let discussion: String?
    let arguments: [DescribedArgument]
    let subcommands: [DescribedCommand]
    let defaultSubcommand: String?

    init?(_ json: JSONValue) { self.init(json, above: []) }

    private init?(_ json: JSONValue, above: [String]) {
        guard above.count < Self.depthLimit, json["shouldDisplay"]?.bool != false,
            let name = json["commandName"]?.string
        else { return nil }
        let path = above + [name]
        self.path = path
        abstract = json["abstract"]?.string ?? ""
        discussion = json["discussion"]?.string
        arguments = (json["arguments"]?.array ?? []).compactMap { DescribedArgument($0) }
        // `help` is the parser's own and means the same everywhere.
        subcommands = (json["subcommands"]?.array ?? []).compactMap { DescribedCommand($0, above: path) }
            .filter { $0.path.last != "help" }
        defaultSubcommand = json["defaultSubcommand"]?.string
    }

    var name: String { path.joined(separator: " ") }
    /// Every command at and below this one that has no subcommands.
    var leaves: [DescribedCommand] { subcommands.isEmpty ? [self] : subcommands.flatMap(\.leaves) }
    var positionals: [DescribedArgument] { arguments.filter { $0.kind == .positional } }
    var options: [DescribedArgument] { arguments.filter { $0.kind != .positional } }
}

/// One argument, option or flag.
struct DescribedArgument: Hashable {
    enum Kind: String { case positional, option, flag }

    let kind: Kind
    /// `-o`, `--output`; none for a positional one.
    let names: [String]
    let valueName: String
    let abstract: String
    let discussion: String?
    let defaultValue: String?
    let isOptional: Bool
    let isRepeating: Bool

    init?(_ json: JSONValue) {
        guard json["shouldDisplay"]?.bool != false,
            let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:))
        else { return nil }
        self.kind = kind
        let names = (json["names"]?.array ?? []).compactMap { name -> String? in
            guard let text = name["name"]?.string else { return nil }
            return name["kind"]?.string == "long" ? "--\(text)" : "-\(text)"
        }
        // Short names before long ones, whatever order the parser chose.
        self.names = names.filter { !$0.hasPrefix("--") } + names.filter { $0.hasPrefix("--") }
        valueName = json["valueName"]?.string ?? "value"
        abstract = json["abstract"]?.string ?? ""
        discussion = json["discussion"]?.string
        defaultValue = json["defaultValue"]?.string
        isOptional = json["isOptional"]?.bool ?? true
        isRepeating = json["isRepeating"]?.bool ?? false
    }
}
