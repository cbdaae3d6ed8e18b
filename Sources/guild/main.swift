import GuildCommands

await GuildCommand.start(arguments: Array(CommandLine.arguments.dropFirst()))
