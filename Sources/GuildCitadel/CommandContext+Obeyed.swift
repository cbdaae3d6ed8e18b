package import GuildBudgets
import GuildCodex
import GuildDomain
import GuildLedger

extension CommandContext {
    /// The commit that is in force: the one that the ledger says is accepted, else the one that the settings name.
    ///
    /// If HEAD is invalid or damaged, or the repository lacks the accepted commit, a remark says so.
    package func obeyed() async throws -> ObeyedCodex {
        let commit = try await lastAccepted()
        let isServed = try await ledger(orElse: .quiet)?.codex.isServed() ?? false
        return try obeyed(accepted: commit, isServed: isServed)
    }

    /// Apart for the sake of the optimiser, as `snapshot(accepted:)` is.
    @inline(never) private func obeyed(accepted commit: CommitID?, isServed: Bool) throws -> ObeyedCodex {
        let access = try codex()
        let asked = Result { try access.snapshot() }
        guard let commit else { return ObeyedCodex(snapshot: try asked.get(), draft: nil) }
        let accepted: CodexSnapshot
        do {
            accepted = try access.accepted(commit)
        } catch {
            guard case .success(let asked) = asked else {
                if access.isAtHead { access.tellUnusable(commit, error) }
                return ObeyedCodex(snapshot: try asked.get(), draft: nil)
            }
            guard let failure = error as? Failure, failure.kind == .unavailable else { throw error }
            // Better said than not shown.
            settings.remark("\(failure.message), so \(Self.name(of: asked, access)) is used")
            return ObeyedCodex(snapshot: asked, draft: nil)
        }
        let draft: CodexSnapshot?
        switch asked {
        case .success(let snapshot): draft = snapshot.commit == accepted.commit ? nil : snapshot
        case .failure(let problem):
            try access.tell(of: problem, using: commit)
            draft = nil
        }
        return ObeyedCodex(
            snapshot: accepted, draft: draft, draftName: draft.map { Self.name(of: $0, access) } ?? "",
            nextStep: access.isAtHead
                ? "which apply once `guild serve`\(isServed ? "" : " or the next `guild run`") accepts it"
                : "which are not accepted")
    }

    /// The codexes in which a command of an operator finds what it names.
    package func operated() async throws -> OperatedCodex {
        try operated(try await obeyed())
    }

    /// Like `obeyed`, for commands that can do without a codex; a failure if neither HEAD nor the accepted commit can
    /// be used. Nothing is said of HEAD's problem then.
    ///
    /// - Throws: the problem of a revision or of files that the settings name explicitly: whoever names one means it.
    package func obeyedIfReadable() async throws -> Result<ObeyedCodex, any Error> {
        do {
            return .success(try await obeyed())
        } catch {
            guard settings.isAtHead, error is CodexInvalid || error is CodexRepositoryError else { throw error }
            return .failure(error)
        }
    }

    /// Says that a command does without a codex.
    package func tellNoCodex(_ problem: any Error, using instead: String) {
        settings.remark("\(CodexAccess.why(problem)), so guild has no codex: \(instead)")
    }

    /// As `operated`, of what is in force.
    package func operated(_ obeyed: ObeyedCodex) throws -> OperatedCodex {
        OperatedCodex(
            inForce: obeyed.snapshot, asked: obeyed.draft ?? obeyed.snapshot, isAtHead: try codex().isAtHead)
    }

    private static func name(of snapshot: CodexSnapshot, _ access: CodexAccess) -> String {
        access.usesWorktree ? "the worktree" : "\(access.revision) (\(snapshot.commit.prefix(12)))"
    }
}
