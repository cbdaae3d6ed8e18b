package import GuildCodex
import GuildDomain
import GuildLedger
import GuildRuntime

/// The commit whose limits apply to runs, and the settings' commit, if that is not accepted.
package struct ObeyedCodex: Sendable {
    /// The commit whose limits are in force.
    package let snapshot: CodexSnapshot
    /// The settings' commit, if it differs.
    package let draft: CodexSnapshot?
    /// For people: `HEAD (1a2b3c4d5e6f)`, `the worktree`.
    package let draftName: String
    /// For people: when the draft's limits hold.
    package let nextStep: String

    /// For people: that the draft sets other limits on accounts than those that hold; nil if it does not.
    package var remark: String? {
        guard let draft, Set(BudgetLimits(draft).standing) != Set(BudgetLimits(snapshot).standing) else { return nil }
        return "these are the limits of the accepted commit \(snapshot.commit.prefix(12)); \(draftName) sets others, "
            + nextStep
    }
}

extension Inspection {
    /// The commit whose limits are in force: the accepted one according to the ledger, or else the settings' one.
    package func obeyed() async throws -> ObeyedCodex {
        let commit = try await lastAccepted()
        let isServed = try await ledger(orElse: .quiet)?.isServed() ?? false
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
            return ObeyedCodex(snapshot: asked, draft: nil, draftName: "", nextStep: "")
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
