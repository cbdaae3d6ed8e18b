import ArgumentParser
import GuildDomain

/// A word of a refused command line that names no subcommand or no option, with the nearest name.
///
/// ArgumentParser keeps its errors to itself, and so the refused words are read again here: subcommands until a word
/// is none, then options until `--`.
struct UnknownWord: Hashable {
    enum Kind: String { case subcommand, option }

    let kind: Kind
    let word: String
    /// The words of the command that does not know it: `guild budget`.
    let command: String
    /// The correction, as it is written; nil if no name is near enough.
    let nearest: String?
    /// The synopsis of that command.
    private let usage: String

    /// What is wrong, what was probably meant, and where to read on.
    var text: String {
        let suggestion = nearest.map { " Did you mean '\($0)'?" } ?? ""
        return """
            Error: '\(command)' has no \(kind.rawValue) '\(word)'.\(suggestion)
            Usage: \(usage)
              See '\(command) --help' for more information.
            """
    }
}

extension UnknownWord {
    /// The first such word, if the parser refused the arguments because of one.
    static func first(
        in arguments: [String], of root: any ParsableCommand.Type = GuildCommand.self
    ) -> UnknownWord? {
        var command: any ParsableCommand.Type = root
        var path = [root._commandName]
        var words = arguments[...]
        func enter(_ child: any ParsableCommand.Type) {
            command = child
            path.append(child._commandName)
        }
        while let word = words.first, let child = command.configuration.subcommands.first(where: { $0.isNamed(word) }) {
            words.removeFirst()
            enter(child)
        }
        while let child = command.configuration.defaultSubcommand { enter(child) }
        let kind: Kind
        let found: (word: String, nearest: String?)?
        if command.configuration.subcommands.isEmpty {
            kind = .option
            found = OptionNames(command)?.unknown(in: words)
        } else {
            kind = .subcommand
            // An option in the place of a subcommand is the parser's to refuse, and `help` is its own subcommand.
            found = words.first.flatMap { word -> (word: String, nearest: String?)? in
                guard word != "help", !word.hasPrefix("-") else { return nil }
                return (word, nearestSubcommand(to: word, of: command, at: path))
            }
        }
        return found.map { word, nearest in
            UnknownWord(
                kind: kind, word: word, command: path.joined(separator: " "), nearest: nearest,
                usage: root.usageString(for: command))
        }
    }

    /// A subcommand with a name like it, or the whole path of the one command further down that has this very name.
    private static func nearestSubcommand(
        to word: String, of command: any ParsableCommand.Type, at path: [String]
    ) -> String? {
        let shown = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        if let near = NearestName.of(word, in: shown.map { $0._commandName } + ["help"]) { return near }
        let deeper = shown.flatMap { child in
            child.configuration.subcommands.filter { $0.configuration.shouldDisplay && $0.isNamed(word) }
                .map { path + [child._commandName, $0._commandName] }
        }
        return deeper.count == 1 ? deeper[0].joined(separator: " ") : nil
    }
}

extension ParsableCommand {
    fileprivate static func isNamed(_ word: String) -> Bool {
        word == _commandName || configuration.aliases.contains(word)
    }
}

/// The names of a command's options, from its description for tools.
private struct OptionNames {
    /// Options of the parser, which the description of a subcommand leaves out.
    private static let common: Set = [
        "help", "help-hidden", "version", "experimental-dump-help", "generate-completion-script",
    ]

    private var letters: Set = ["h"]
    private var names = Self.common
    /// The names that help shows.
    private var shown = ["help"]

    init?(_ command: any ParsableCommand.Type) {
        // Without the description nothing is unknown, and the parser's own words stay.
        guard let description = try? JSONParser.parse(command._dumpHelp()) else { return nil }
        for argument in description["command"]?["arguments"]?.array ?? [] {
            for name in argument["names"]?.array ?? [] {
                guard let text = name["name"]?.string else { continue }
                guard name["kind"]?.string == "long" else {
                    letters.insert(text)
                    continue
                }
                names.insert(text)
                if argument["shouldDisplay"]?.bool != false { shown.append(text) }
            }
        }
    }

    /// - Parameter words: those after the command.
    func unknown(in words: ArraySlice<String>) -> (word: String, nearest: String?)? {
        for word in words.prefix(while: { $0 != "--" }) {
            let option = word.prefix { $0 != "=" }
            let name = String(option.drop { $0 == "-" })
            if option.hasPrefix("--") {
                if names.contains(name) { continue }
            } else {
                // One letter, or several after one dash, is the parser's to refuse, if it can be letters at all.
                guard option.hasPrefix("-"), name.count > 1, !letters.contains(String(name.prefix(1))) else { continue }
            }
            return (String(option), NearestName.of(name, in: shown).map { "--" + $0 })
        }
        return nil
    }
}
