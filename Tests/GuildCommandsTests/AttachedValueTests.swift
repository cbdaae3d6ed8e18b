import Testing

@testable import GuildCommands

@Suite struct AttachedValueTests {
    @Test(arguments: [("json", OutputFormat.json), ("yaml", .yaml), ("csv", .csv), ("table", .table)])
    func `the format may be attached to -o`(word: String, format: OutputFormat) throws {
        for written in [["-o\(word)"], ["-o", word], ["-o=\(word)"], ["--output", word], ["--output=\(word)"]] {
            let status = try #require(try GuildCommand.parsed(["status"] + written) as? StatusCommand)
            #expect(status.output.output == format, "\(written)")
        }
    }

    @Test func `each command takes the value of its short options attached`() throws {
        let next = try GuildCommand.parsed(["schedule", "next", "-n12", "-oyaml"]) as? ScheduleNextCommand
        #expect(next?.count == 12)
        #expect(next?.output.output == .yaml)
        let queue = try GuildCommand.parsed(["dispatch", "queue", "-n1", "-q", "-ocsv"]) as? DispatchQueueCommand
        #expect(queue?.count == 1)
        #expect(queue?.output.quiet == true)
        #expect(queue?.output.output == .csv)
        let log = try GuildCommand.parsed(["audit", "log", "-n3", "-f", "-ojson"]) as? AuditLogCommand
        #expect(log?.count == 3)
        #expect(log?.follow == true)
        let letters = try GuildCommand.parsed(["dispatch", "dead-letters", "list", "-n7"]) as? DeadLettersListCommand
        #expect(letters?.count == 7)
        let history = try GuildCommand.parsed(["registry", "history", "clerk", "-l2"]) as? RegistryHistoryCommand
        #expect(history?.limit == 2)
        #expect(history?.agent == "clerk")
        let run = try GuildCommand.parsed(["run", "clerk", "-inotes.md"]) as? RunCommand
        #expect(run?.input == "notes.md")
    }

    @Test func `a word of a prompt is no option, whatever it begins with`() throws {
        let run = try GuildCommand.parsed(["run", "clerk", "-oyaml", "--", "-ojson", "-n1"]) as? RunCommand
        #expect(run?.prompt == ["-ojson", "-n1"])
        #expect(run?.output.output == .yaml)
        let quoted = try GuildCommand.parsed(["run", "clerk", "say -ojson", "--var", "k=-n1"]) as? RunCommand
        #expect(quoted?.prompt == ["say -ojson"])
        #expect(quoted?.variables == ["k=-n1"])
        #expect(quoted?.output.output == .table)
    }

    @Test func `an attached value that is wrong is refused as any other`() {
        #expect(throws: (any Error).self) { try GuildCommand.parsed(["status", "-oxml"]) }
        #expect(throws: (any Error).self) { try GuildCommand.parsed(["dispatch", "queue", "-n0"]) }
        #expect(throws: (any Error).self) { try GuildCommand.parsed(["dispatch", "queue", "-nmany"]) }
    }
}
