import ArgumentParser

struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Prints the completion script for a shell.",
        discussion: """
            bash: guild completions bash > ~/.local/share/bash-completion/completions/guild; \
            zsh: guild completions zsh > _guild, in a folder of $fpath; \
            fish: guild completions fish > ~/.config/fish/completions/guild.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"))
    var shell: Shell

    func run() throws {
        guard let known = CompletionShell(rawValue: shell.rawValue) else { return }
        Renderer(format: .table, isQuiet: false, color: .never).write(GuildCommand.completionScript(for: known))
    }
}
