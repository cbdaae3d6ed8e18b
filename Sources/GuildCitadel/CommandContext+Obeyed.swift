package import GuildBudgets
import GuildCodex
import GuildDomain
import GuildLedger

extension CommandContext {
    /// The commit whose limits are in force: the one that the ledger says is accepted, else the one that the settings name.
    package func obeyed() async throws -> ObeyedCodex {
        let commit = try await lastAccepted()
        let isServed = try await ledger(orElse: .quiet)?.codex.isServed() ?? false
        return try obeyed(accepted: commit, isServed: isServed)
    }

    /// Apart for the sake of the optimiser, as `snapshot(accepted:)` is.
    @inline(never) private func obeyed(accepted commit: CommitID?, isServed: Bool) throws -> ObeyedCodex {
        let access = try codex()
        let accepted: CodexSnapshot
        do {
            accepted = try snapshot(accepted: commit)
        } catch let failure as Failure where failure.kind == .unavailable {
            // Better said than not shown.
            let asked = try access.snapshot()
            settings.remark("\(failure.message); these are the limits of \(Self.name(of: asked, access))")
            return ObeyedCodex(snapshot: asked, draft: nil)
        }
        var draft: CodexSnapshot?
        do {
            let asked = try access.snapshot()
            if asked.commit != accepted.commit { draft = asked }
        } catch is CodexInvalid {
            // An invalid commit sets no limits; `guild registry validate` reports it.
        }
        return ObeyedCodex(
            snapshot: accepted, draft: draft, draftName: draft.map { Self.name(of: $0, access) } ?? "",
            nextStep: access.isAtHead
                ? "which apply once `guild serve`\(isServed ? "" : " or the next `guild run`") accepts it"
                : "which are not accepted")
    }

    private static func name(of snapshot: CodexSnapshot, _ access: CodexAccess) -> String {
        access.usesWorktree ? "the worktree" : "\(access.revision) (\(snapshot.commit.prefix(12)))"
    }
}
