package import GuildCodex
import GuildDomain
import GuildLedger
import GuildRuntime

/// The commit whose limits runs obey, and the one that the settings name, where that is not accepted.
package struct ObeyedCodex: Sendable {
    package let snapshot: CodexSnapshot
    /// What the settings name, where it is another commit.
    package let draft: CodexSnapshot?
    /// For people: `HEAD (1a2b3c4d5e6f)`, `the worktree`.
    package let draftName: String
    /// For people: when the draft's limits hold.
    package let nextStep: String

    /// - Parameters:
    ///   - draft: what the settings name, if that is another commit.
    ///   - draftName: what people call it; nobody reads it if there is no draft.
    ///   - nextStep: when the draft's limits hold, for people.
    package init(snapshot: CodexSnapshot, draft: CodexSnapshot?, draftName: String = "", nextStep: String = "") {
        self.snapshot = snapshot
        self.draft = draft
        self.draftName = draftName
        self.nextStep = nextStep
    }

    /// For people: that the draft sets other limits on accounts than those that hold; nil where it does not.
    package var remark: String? {
        guard let draft, Set(BudgetLimits(draft).standing) != Set(BudgetLimits(snapshot).standing) else { return nil }
        return "these are the limits of the accepted commit \(snapshot.commit.prefix(12)); \(draftName) sets others, "
            + nextStep
    }
}
