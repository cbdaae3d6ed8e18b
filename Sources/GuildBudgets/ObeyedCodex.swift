package import GuildCodex
import GuildDomain
import GuildLedger
import GuildRuntime

/// The commit whose limits apply to runs, and the settings' commit, if that is not accepted.
package struct ObeyedCodex: Sendable {
    package let snapshot: CodexSnapshot
    /// The settings' commit, if it differs.
    package let draft: CodexSnapshot?
    /// For people: `HEAD (1a2b3c4d5e6f)`, `the worktree`.
    package let draftName: String
    /// For people: when the draft's limits take effect.
    package let nextStep: String

    /// - Parameters:
    ///   - draft: the settings' commit, if it differs.
    ///   - draftName: its name for people; unused if there is no draft.
    ///   - nextStep: when the draft's limits take effect, for people.
    package init(snapshot: CodexSnapshot, draft: CodexSnapshot?, draftName: String = "", nextStep: String = "") {
        self.snapshot = snapshot
        self.draft = draft
        self.draftName = draftName
        self.nextStep = nextStep
    }

    /// For people: that the draft sets other limits on accounts than those in force; nil if it does not.
    package var remark: String? {
        guard let draft, Set(BudgetLimits(draft).standing) != Set(BudgetLimits(snapshot).standing) else { return nil }
        return "these are the limits of the accepted commit \(snapshot.commit.prefix(12)); \(draftName) sets others, "
            + nextStep
    }
}
