import Foundation
import GuildDomain
import GuildHTTP
import Synchronization

/// The stand-in's state, and the routes that use it.
final class StandIn: Sendable {
    let isInstant: Bool
    let script: ScriptState
    let gates = Gates()
    let log: RequestLog
    let github: GitHubState
    private let serial = Atomic<Int>(0)

    /// A model's request may carry a long conversation.
    static let bodyLimitBytes = 32 << 20

    init(_ options: StandInOptions) throws {
        isInstant = options.isInstant
        github = GitHubState(lastIssue: options.isInstant ? .max : GitHubState.untouchedIssues)
        var entries: [ScriptEntry] = []
        if let path = options.scriptPath {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Failure(.usage, "cannot read the script \(path)")
            }
            entries = try ScriptParser.entries(of: try JSONParser.parse(Array(data)))
        }
        script = ScriptState(entries)
        log = try RequestLog(path: options.logPath, keepsRequests: !options.isInstant)
    }

    var routes: [Route] {
        [Route.health, modelRoute("/v1/messages", AnthropicWire()), countTokensRoute]
            + [modelRoute("/v1/chat/completions", OpenAIWire())] + githubRoutes + controlRoutes
    }

    /// 1, 2, 3 …: makes identifiers unique and yet the same in every run.
    func nextSerial() -> Int { serial.add(1, ordering: .relaxed).newValue }
}
