package import GuildCodex
import GuildConnectors
package import GuildDomain
import GuildLedger
import GuildRuntime

/// The codex that the settings name: its repository, and the loader that knows every operation of this build.
package struct CodexAccess: Sendable {
    /// The repository of the codex.
    package let repository: CodexRepository
    /// Loads commits of the repository.
    package let loader: CodexLoader
    /// Whose commits count; nil takes anybody's.
    package let signers: CommitSigners?
    private let settings: Settings

    /// Every external system of this build, and the executor's own operations.
    package static let systems = SystemRegistry.standard.catalogue(tools: [ToolBox.codexRead])

    /// Every operation there is: the connectors' and the executor's own.
    package static var catalogue: OperationCatalogue { systems.operations }

    /// Opens the repository that the settings name.
    package init(_ settings: Settings) throws {
        let location = try CodexLocation.find(
            explicit: settings.codex, environment: settings.environment,
            workingDirectory: settings.workingDirectory)
        self.settings = settings
        repository = try CodexRepository(at: location)
        loader = CodexLoader(repository: repository, systems: Self.systems, logger: settings.logger)
        if settings.readsQuarantine { try repository.readQuarantine(settings.environment) }
        let git = GitProgram(environment: settings.environment, keepsQuarantine: settings.readsQuarantine)
        let opened = repository
        signers = try settings.signers.map {
            try CommitSigners(file: $0, workingDirectory: settings.workingDirectory, repository: opened, git: git)
        }
    }

    /// The same settings, opened again.
    func elsewhere() throws -> CodexAccess { try CodexAccess(settings) }

    var environment: [String: String] { settings.environment }

    /// The revision in the settings, as written.
    package var revision: String { settings.revision }

    /// Whether the settings ask for uncommitted files.
    package var usesWorktree: Bool { settings.usesWorktree }

    /// Loads the settings' revision, with every problem.
    package func load(deadline: LoadDeadline? = nil) throws -> LoadResult {
        guard !settings.usesWorktree else { return try loader.loadWorktree() }
        if !settings.isServing { try tellDoubt(about: settings.revision) }
        return try load(try tip(), revision: settings.revision, deadline: deadline)
    }

    /// The commit that the settings name now.
    package func tip() throws -> CommitID { try tip(in: repository) }

    func tip(in repository: CodexRepository) throws -> CommitID {
        try repository.resolve(settings.revision, isServed: settings.isServing)
    }

    /// Loads a revision, with every problem, and reports if a tag has the branch's name.
    package func load(rev revision: String) throws -> LoadResult {
        try tellDoubt(about: revision)
        return try loader.load(rev: revision)
    }

    private func tellDoubt(about revision: String) throws {
        guard let tag = try repository.references.tagBeside(revision) else { return }
        settings.remark("'\(revision)' is a branch and a tag: guild uses the branch; the tag's full name is \(tag)")
    }

    /// Loads a commit, with every problem; a missing codex and a missing signature are problems, too.
    ///
    /// The signature is checked first: nothing is read of a commit that no signer signed.
    package func load(
        _ commit: CommitID, revision: String, deadline: LoadDeadline? = nil
    ) throws -> LoadResult {
        try loader.load(commit, revision: revision, signers: signers, deadline: deadline)
    }

    /// The result, refused if its commit does not descend from the last accepted one.
    ///
    /// Signatures alone would let anyone who may push go back to an older signed commit, and so undo later removals.
    package func judged(_ result: LoadResult, after accepted: CommitID?) -> LoadResult {
        guard signers != nil, let accepted, let commit = CommitID(result.commit) else { return result }
        // Commits that cannot be compared are not known to go forward.
        guard (try? repository.history.isAncestor(accepted, of: commit)) != true else { return result }
        return result.refused(
            "the commit does not descend from \(accepted.short), which was accepted: --signers allows no step back")
    }

    /// The commit that the ledger says is accepted.
    ///
    /// - Throws: with advice if this repository does not have it.
    package func accepted(_ commit: CommitID) throws -> CodexSnapshot { try loadAccepted(commit).get() }

    private func loadAccepted(_ commit: CommitID) throws -> LoadResult {
        do {
            return try load(commit, revision: commit.short)
        } catch let error as CodexRepositoryError {
            guard !repository.lacks(commit) else {
                throw Failure(
                    .unavailable,
                    "\(repository.place) does not have commit \(commit.short), which the ledger says is accepted",
                    hint: "fetch it, or accept another one with `guild serve`; for a codex unrelated to "
                        + "that ledger, `guild ledger use --new` begins another")
            }
            throw Failure(
                .unavailable,
                "commit \(commit.short), which the ledger says is accepted, cannot be read: \(error.message)",
                hint: error.hint ?? "accept another one with `guild serve`")
        }
    }

    /// The accepted commit for the checked-out one that cannot be used; a remark says so.
    ///
    /// - Parameters:
    ///   - commit: the accepted commit; nil if none ever was.
    ///   - problem: why the commit of the settings cannot be used.
    /// - Throws: `problem` if there is no accepted commit to use, or the settings ask for another revision than HEAD:
    ///   whoever names one means it.
    func accepted(_ commit: CommitID?, insteadOf problem: any Error) throws -> CodexSnapshot {
        try loadAccepted(commit, insteadOf: problem).get()
    }

    /// Like `accepted(_:insteadOf:)`; the result has a snapshot.
    func loadAccepted(_ commit: CommitID?, insteadOf problem: any Error) throws -> LoadResult {
        guard let commit, mayReplace(problem) else { throw problem }
        let result: LoadResult
        do {
            result = try loadAccepted(commit)
            _ = try result.get()
        } catch {
            // The problem of the newest commit is the one to solve first.
            tellUnusable(commit, error)
            throw problem
        }
        try tell(of: problem, using: commit)
        return result
    }

    /// Says that the accepted commit is used; it throws what `accepted(_:insteadOf:)` does.
    func tell(of problem: any Error, using commit: CommitID) throws {
        guard mayReplace(problem) else { throw problem }
        settings.remark("\(Self.why(problem)), so the accepted commit \(commit.short) is used")
    }

    /// Says why the accepted commit cannot replace HEAD.
    func tellUnusable(_ commit: CommitID, _ problem: any Error) {
        let reason =
            switch problem {
            case let invalid as CodexInvalid:
                "the accepted commit \(commit.short) is invalid (\(Amount.counted(invalid.errors.count, "error")); "
                    + "`guild registry validate \(commit.short)` lists them)"
            case let failure as Failure: failure.message
            default: "the accepted commit \(commit.short) cannot be used (\(problem))"
            }
        settings.remark("\(reason), so it cannot be used instead of HEAD")
    }

    /// Whether a problem is one of HEAD, which the accepted commit can replace.
    private func mayReplace(_ problem: any Error) -> Bool {
        isAtHead && (problem is CodexInvalid || problem is CodexRepositoryError)
    }

    /// For people: why HEAD cannot be used.
    static func why(_ problem: any Error) -> String {
        switch problem {
        case let invalid as CodexInvalid:
            "HEAD is invalid (\(Amount.counted(invalid.errors.count, "error")); `guild registry validate` lists them)"
        case let damage as CodexRepositoryError: "HEAD cannot be read (\(damage.message))"
        default: "HEAD cannot be used (\(problem))"
        }
    }

    /// Like `accepted`, but reuses a result that is already loaded.
    func accepted(_ commit: CommitID, or result: LoadResult) throws -> CodexSnapshot {
        if result.commit == commit.hex, let snapshot = result.snapshot { return snapshot }
        return try accepted(commit)
    }

    /// Whether a ledger that accepted these commits is another codex's: the repository has none of them.
    package func isForeign(_ accepted: [String]) -> Bool {
        !accepted.isEmpty && !accepted.compactMap { CommitID($0) }.contains(where: repository.has)
    }

    /// The snapshot to run on.
    ///
    /// - Throws: `CodexInvalid` with every reason if it has errors.
    package func snapshot() throws -> CodexSnapshot { try load().get() }

    /// The snapshot as the head of a process, which finds older commits in the same repository.
    package func current() throws -> CurrentCodex {
        current(at: try snapshot())
    }

    /// As `current`, beginning with a snapshot that is available.
    package func current(at head: CodexSnapshot) -> CurrentCodex {
        CurrentCodex(head) { [self] commit in
            guard let id = CommitID(commit) else {
                throw Failure(
                    .unavailable, "the uncommitted files \(commit) are no longer available",
                    hint: "commit the codex; only commits can be resumed")
            }
            return try retrying { _ in try load(id, revision: id.short) }.get()
        }
    }

    /// Whether the settings mean the checked-out commit, and not another revision or uncommitted files.
    package var isAtHead: Bool { settings.isAtHead }

    /// The ledger of this codex, or the one that the settings name; nothing is changed.
    package func ledgerHome() throws -> LedgerHome {
        try namedHome() ?? LedgerFinder(self, environment: settings.environment).find()
    }

    /// Like `ledgerHome`, for a writer: from now on the ledger belongs to this codex.
    ///
    /// - Parameter isMaking: whether to create an unknown one; otherwise nothing changes for it.
    package func claimedHome(isMaking: Bool) throws -> LedgerHome {
        try namedHome() ?? LedgerFinder(self, environment: settings.environment).claim(isMaking: isMaking)
    }

    private func namedHome() throws -> LedgerHome? {
        guard let location = try settings.namedLedger() else { return nil }
        return LedgerHome(standing: .named, locations: [location], codex: repository.place, looked: [location.path])
    }
}
