import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    struct CommandLineTests {
        @Test func `the value of a short option may be attached to it`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let attached = try await codex.guild("schedule", "next", "--expr", "@daily", "-n1", "-ojson")
            #expect(attached.status == 0, "\(attached.errors)")
            let times = try JSONParser.parse(attached.output)
            #expect(times.array?.count == 1)
            for format in ["json", "yaml", "csv"] {
                let together = try await codex.guild("registry", "list", "-o\(format)")
                let apart = try await codex.guild("registry", "list", "-o", format)
                #expect(together.status == 0, "\(together.errors)")
                #expect(together.output == apart.output)
            }
            expectRefusal(try await codex.guild("registry", "list", "-oxml"), 2, "'xml'", "json")
        }

        @Test func `a misspelt subcommand or option is answered with the nearest name`() async throws {
            let codex = try await TemporaryCodex.clerk()
            expectRefusal(
                try await codex.guild("budgt", "report"), 2,
                "Error: 'guild' has no subcommand 'budgt'. Did you mean 'budget'?", "guild --help")
            expectRefusal(
                try await codex.guild("budget", "reprt"), 2,
                "Error: 'guild budget' has no subcommand 'reprt'. Did you mean 'report'?", "guild budget --help")
            expectRefusal(
                try await codex.guild("serve", "--lissten", "127.0.0.1:0"), 2,
                "Error: 'guild serve' has no option '--lissten'. Did you mean '--listen'?", "guild serve --help")
            expectRefusal(
                try await codex.guild("status", "--xyz"), 2, "Error: 'guild status' has no option '--xyz'.\n")
        }
    }
}
