import ArgumentParser
import Foundation
import GuildCitadel
import GuildConnectors
import GuildDomain
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs all components, or only the named ones.",
        discussion: """
            Components: webhook-gateway, scheduler, registry, dispatcher, executor, action-executor. Each can run alone \
            in a process of its own over the same ledger. SIGTERM drains, SIGHUP takes up the newest commit.
            """)

    @Argument(
        help: ArgumentHelp("The components to run; none means all.", valueName: "component"),
        completion: .list(Component.running.map(\.rawValue)))
    var components: [String] = []

    @Option(
        help: ArgumentHelp(
            "The address to listen on; port 0 picks a free one.",
            discussion:
                "Default: \(Serve.defaultAddress) with all components. A component alone listens only when told.",
            valueName: "host:port"))
    var listen: String?

    @Flag(help: "Do what waits, then end.")
    var once = false

    @Flag(help: "Print what the models say to standard output, as it comes.")
    var stream = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let redactor = Redactor()
        let settings = options.settings(redactor: redactor, defaultLogLevel: .info)
        let screen = AnswerStream()
        let serve = Serve(components: try Component.parse(components), listen: listen, once: once) { [stream] event in
            if stream { screen.show(event) }
        }
        try await serve.run(settings, redactor: redactor) { address in
            settings.logger.info("listening", metadata: ["address": "\(address)"])
        }
    }
}
