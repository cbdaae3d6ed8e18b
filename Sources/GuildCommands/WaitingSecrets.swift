import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

/// Says on standard error which secrets of a commit nobody has trusted.
enum WaitingSecrets {
    /// Lines of them that are shown.
    private static let shown = 10

    static func remark(of snapshot: CodexSnapshot, _ context: CommandContext) async throws {
        for entry in try await context.waitingSecrets(of: snapshot).prefix(shown) {
            let state = entry.state == .revoked ? "trust revoked" : "not trusted"
            context.settings.remark(
                "secret \(entry.pair.reference): \(state) \(entry.pair.use.purpose), so it is not used; "
                    + "guild registry trust \(entry.pair.id)")
        }
    }
}
