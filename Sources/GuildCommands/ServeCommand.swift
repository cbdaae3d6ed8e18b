import ArgumentParser
import Foundation
import GuildCitadel
import GuildConnectors
import GuildControl
import GuildDomain
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs all components, or only those you name.",
        discussion: """
            Components: webhook-gateway, scheduler, registry, dispatcher, executor, action-executor. Each can run in a \
            separate process over the same ledger. guild follows the served ref (--rev, default HEAD) through commits, \
            pushes, branch switches and force-pushes: a valid commit takes effect immediately; an invalid one is \
            rejected, and the last valid commit stays active. SIGTERM and Ctrl-C drain and exit 0, SIGQUIT exits at \
            once, SIGHUP re-reads the ref.
            """)

    @Argument(
        help: ArgumentHelp("The components to run; default: all.", valueName: "component"),
        completion: .list(Component.running.map(\.rawValue)))
    var components: [String] = []

    @Option(
        help: ArgumentHelp(
            "The address to listen on; port 0 picks a free one.",
            discussion:
                "Default: \(Serve.defaultAddress) with all components. A single component listens only if this is given.",
            valueName: "host:port"))
    var listen: String?

    @Option(
        name: .customLong("trusted-proxy"),
        help: ArgumentHelp(
            "Trust X-Forwarded-For from this address or block; repeatable.",
            discussion: """
                Quotas then apply to the rightmost address in the header that is not trusted itself. Default: \
                loopback, which is exempt from quotas when it forwards for nobody.
                """, valueName: "cidr"))
    var trustedProxies: [String] = []

    @Option(
        name: .customLong("host"),
        help: ArgumentHelp(
            "Also answer requests for this host name; repeatable.",
            discussion: """
                Requests for a host other than loopback, the listening address and these get status 421, except for \
                /webhooks/.
                """, valueName: "name"))
    var hosts: [String] = []

    @Flag(help: "Finish the waiting work, then exit.")
    var once = false

    @Option(
        help: ArgumentHelp(
            "Serve a branch of a remote repository, fetched with git.",
            discussion: "guild also fetches when a verified webhook reports a push.", valueName: "remote/branch"))
    var follow: String?

    @Option(help: ArgumentHelp("The interval between fetches for --follow, in seconds.", valueName: "seconds"))
    var followInterval = 30

    @Option(
        help: ArgumentHelp(
            "Accept only commits that one of these signers signed with an ssh key.",
            discussion: "A file of allowed signers (ssh-keygen(1)), outside the repository.", valueName: "file"),
        completion: .file())
    var signers: String?

    @Flag(
        help: ArgumentHelp(
            "Trust every secret that a commit names, for the use it names.",
            discussion: "For protected branches. Environment: GUILD_TRUST_CODEX=1."))
    var trustCodex = false

    @Flag(help: "Stream the models' answers to standard output.")
    var stream = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let redactor = Redactor()
        var settings = options.settings(redactor: redactor, defaultLogLevel: .info)
        settings.signers = signers
        if trustCodex { settings.trustsCodex = true }
        settings.remark = { [logger = settings.logger] in logger.notice("\($0)") }
        let remote = try follow.map { try RemoteBranch(parsing: $0, interval: .seconds(followInterval)) }
        let screen = AnswerStream()
        let serve = Serve(
            components: try Component.parse(components), listen: listen,
            trustedProxies: trustedProxies.isEmpty ? nil : trustedProxies, hosts: hosts, once: once, remote: remote
        ) { [stream] event in
            if stream { screen.show(event) }
        }
        let logger = settings.logger
        try await serve.run(settings, redactor: redactor) { address in
            logger.info("listening", metadata: ["address": "\(address)"])
        }
    }
}
