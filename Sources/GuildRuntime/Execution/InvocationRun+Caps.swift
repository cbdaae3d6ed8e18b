import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger

extension InvocationRun {
    /// The calls with the agent's caps and the subjects that their actions count against.
    func capped(_ calls: [ToolCall], _ setting: Setting) -> [ToolCall] {
        let connectors = connectors.of(codex.head)
        return calls.map { call in
            guard let action = call.action else { return call }
            var call = call
            call.action?.caps = setting.limits.caps
            call.action?.countsOn = connectors.countedSubject(of: action.operation, arguments: action.arguments)
            return call
        }
    }
}
