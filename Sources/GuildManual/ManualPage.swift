/// One man page: `guild.1`, or that of a command right below it.
struct ManualPage {
    let command: DescribedCommand
    /// `guild 0.1.0`
    let version: String
    /// Options that most commands take; guild.1 explains them once.
    let common: [DescribedArgument]
    /// The pages beside this one.
    let siblings: [DescribedCommand]

    /// guild.1 and one page for each command below it, in the order of the help.
    static func all(of root: DescribedCommand, version: String) -> [ManualPage] {
        let leaves = root.leaves
        var seen: [DescribedArgument] = []
        for option in leaves.flatMap(\.options) where !seen.contains(option) { seen.append(option) }
        let common = seen.filter { option in leaves.count { $0.options.contains(option) } * 2 > leaves.count }
        return ([root] + root.subcommands).map {
            ManualPage(command: $0, version: version, common: common, siblings: root.subcommands)
        }
    }

    private var isRoot: Bool { command.path.count == 1 }
    private var pageName: String { command.path.joined(separator: "-") }
    var fileName: String { pageName + ".1" }

    var text: String {
        let head =
            ".\\\" Made by GuildManual from `guild --experimental-dump-help`; do not edit.\n"
            + ".TH \(Roff.text(pageName.uppercased())) 1 \"\" \"\(Roff.text(version))\" \"guild manual\""
        let name = ".SH NAME\n\(Roff.text(pageName)) \\- \(Roff.text(firstLower(command.abstract)))"
        let body = isRoot ? rootSections : commandSections
        return ([head, name] + body).joined(separator: "\n") + "\n"
    }

    private var rootSections: [String] {
        let items = command.subcommands.map { subcommand in
            Roff.item(
                Roff.bold(subcommand.name) + subcommandNames(subcommand),
                Roff.text(subcommand.abstract)
                    + "\nSee \\fB\(Roff.text(subcommand.path.joined(separator: "-")))\\fR(1).")
        }
        return [
            ".SH SYNOPSIS\n\(Roff.bold("guild")) \(Roff.italic("command")) [\(Roff.italic("options"))]",
            ".SH DESCRIPTION\n" + ManualSections.description, ".SH COMMANDS\n" + items.joined(separator: "\n"),
            ".SH OPTIONS\n" + optionItems(command.options),
            ".SH COMMON OPTIONS\nMost commands take these.\n"
                + optionItems(common.filter { !command.options.contains($0) }),
        ] + ManualSections.closing + [".SH SEE ALSO\n" + seeAlso]
    }

    private var commandSections: [String] {
        var sections = [".SH SYNOPSIS\n" + command.leaves.map(synopsis).joined(separator: "\n.br\n")]
        sections.append(".SH DESCRIPTION\n" + description(of: command))
        if command.subcommands.isEmpty {
            let details = details(of: command)
            if !details.isEmpty { sections.append(".SH OPTIONS\n" + details) }
        } else {
            sections.append(".SH COMMANDS")
            sections += command.leaves.map { leaf in
                [".SS \(Roff.text(leaf.name))", description(of: leaf), details(of: leaf)].filter { !$0.isEmpty }
                    .joined(separator: "\n")
            }
        }
        return sections + ManualSections.closing + [".SH SEE ALSO\n" + seeAlso]
    }

    private var seeAlso: String {
        let pages =
            (isRoot ? [] : ["guild"])
            + siblings.filter { $0.path != command.path }.map { "guild-\($0.path.last ?? "")" }
        return pages.map { "\\fB\(Roff.text($0))\\fR(1)" }.joined(separator: ",\n")
    }

    private func subcommandNames(_ command: DescribedCommand) -> String {
        let names = command.subcommands.compactMap(\.path.last)
        return names.isEmpty ? "" : " " + Roff.text(names.joined(separator: " | "))
    }

    private func synopsis(_ command: DescribedCommand) -> String {
        let arguments = command.positionals.map { argument in
            let name = Roff.italic(argument.valueName) + (argument.isRepeating ? "..." : "")
            return argument.isOptional ? "[\(name)]" : name
        }
        return ([Roff.bold(command.name), "[\(Roff.italic("options"))]"] + arguments).joined(separator: " ")
    }

    private func description(of command: DescribedCommand) -> String {
        let parts = [command.abstract, command.discussion ?? ""].filter { !$0.isEmpty }
        return parts.map { Roff.text($0) }.joined(separator: "\n.PP\n")
    }

    /// The arguments and the options of its own, and which of the common ones it takes.
    private func details(of command: DescribedCommand) -> String {
        let own = command.options.filter { !common.contains($0) }
        let shared = common.filter { command.options.contains($0) }.compactMap(\.names.last)
        var parts = command.positionals.map { item(Roff.italic($0.valueName), $0) }
        if !own.isEmpty { parts.append(optionItems(own)) }
        if !shared.isEmpty {
            parts.append(".PP\nAlso \(Roff.text(shared.joined(separator: ", "))): see \\fBguild\\fR(1).")
        }
        return parts.joined(separator: "\n")
    }

    private func optionItems(_ options: [DescribedArgument]) -> String {
        options.map { option in
            let names = option.names.map { Roff.bold($0) }.joined(separator: ", ")
            return item(option.kind == .option ? "\(names) \(Roff.italic(option.valueName))" : names, option)
        }.joined(separator: "\n")
    }

    private func item(_ tag: String, _ argument: DescribedArgument) -> String {
        var sentences = [argument.abstract]
        if let discussion = argument.discussion { sentences.append(discussion) }
        if let value = argument.defaultValue, argument.kind != .flag { sentences.append("Default: \(value).") }
        return Roff.item(tag, Roff.text(sentences.filter { !$0.isEmpty }.joined(separator: " ")))
    }

    private func firstLower(_ text: String) -> String {
        let sentence = text.hasSuffix(".") ? String(text.dropLast()) : text
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
}
