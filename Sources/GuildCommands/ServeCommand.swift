import ArgumentParser
import Foundation
import GuildCitadel
import GuildConnectors
import GuildControl
import GuildDomain
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs all components, or only the named ones.",
        discussion: """
            Components: webhook-gateway, scheduler, registry, dispatcher, executor, action-executor. Each can run alone \
            in a process of its own over the same ledger. A commit, push, branch switch or force-push to the ref that is \
            served (--rev, default HEAD) is taken up at once where it is valid, and refused where not: then the last good \
            one serves on. SIGTERM drains, SIGQUIT ends at once, SIGHUP looks again.
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

    @Option(
        name: .customLong("trusted-proxy"),
        help: ArgumentHelp(
            "Believe X-Forwarded-For from this address or block; repeatable.",
            discussion: """
                Quotas then hold for the rightmost address in it that is not trusted itself. Default: loopback, which is \
                exempt from quotas when it forwards for nobody.
                """, valueName: "cidr"))
    var trustedProxies: [String] = []

    @Option(
        name: .customLong("host"),
        help: ArgumentHelp(
            "Answer requests for this host name, too; repeatable.",
            discussion: """
                Requests for another host than loopback, the address listened on and these get status 421, but for \
                /webhooks/.
                """, valueName: "name"))
    var hosts: [String] = []

    @Flag(help: "Do what waits, then end.")
    var once = false

    @Option(
        help: ArgumentHelp(
            "Serve a branch of a remote repository, fetched with git.",
            discussion: "A push that its verified webhook tells of is fetched at once.", valueName: "remote/branch"))
    var follow: String?

    @Option(help: ArgumentHelp("How often to fetch what --follow names, in seconds.", valueName: "seconds"))
    var followInterval = 30

    @Option(
        help: ArgumentHelp(
            "Take up only commits that one of these has signed with an ssh key.",
            discussion: "A file of allowed signers (ssh-keygen(1)), outside the repository.", valueName: "file"),
        completion: .file())
    var signers: String?

    @Flag(
        help: ArgumentHelp(
            "Trust every secret that a commit names, for what it names it for.",
            discussion: "For those who protect the branch. Environment: GUILD_TRUST_CODEX=1."))
    var trustCodex = false

    @Flag(help: "Print what the models say to standard output, as it comes.")
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
