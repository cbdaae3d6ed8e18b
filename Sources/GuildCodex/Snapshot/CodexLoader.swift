package import GuildDomain
package import Logging

/// The result of loading: a snapshot unless there is an error, and every problem, sorted by place.
package struct LoadResult: Sendable {
    /// The requested revision, or `the work tree`.
    package let revision: String
    /// The commit that it named: 40 hexadecimal digits, or `worktree:` and a digest of the files.
    package let commit: String
    /// nil if and only if `problems` contains an error.
    package let snapshot: CodexSnapshot?
    /// Every problem, sorted by place.
    package let problems: [Problem]

    init(revision: String, commit: String, snapshot: CodexSnapshot?, problems: [Problem]) {
        self.revision = revision
        self.commit = commit
        self.snapshot = snapshot
        self.problems = problems
    }

    /// A commit that there is nothing to read of.
    package init(refusing commit: CommitID, revision: String, reason: String) {
        self = LoadResult(revision: revision, commit: commit.hex, snapshot: nil, problems: []).refused(reason)
    }

    /// The same without a snapshot, for a reason that concerns the whole commit.
    package func refused(_ reason: String) -> LoadResult {
        let place = SourceLocation(file: CodexInvalid.place(of: commit), line: 0, column: 0)
        let problem = Problem(.error, at: place, found: reason)
        return LoadResult(revision: revision, commit: commit, snapshot: nil, problems: [problem] + problems)
    }

    /// The problems that do not make the codex invalid.
    package var warnings: [Problem] { problems.filter { $0.severity == .warning } }

    /// The snapshot, or all the reasons why there is none.
    package func get() throws(CodexInvalid) -> CodexSnapshot {
        guard let snapshot else { throw CodexInvalid(revision: revision, commit: commit, problems: problems) }
        return snapshot
    }
}

/// Reads one commit of the codex, whole, and validates it.
package struct CodexLoader: Sendable {
    let repository: CodexRepository
    private let systems: SystemCatalogue
    private let logger: Logger
    private let memory = CodexMemory()

    /// - Parameter systems: every system and operation of this build; manifests are checked against it.
    package init(
        repository: CodexRepository, systems: SystemCatalogue, logger: Logger = Logger(label: "guild.codex")
    ) {
        self.repository = repository
        self.systems = systems
        self.logger = logger
    }

    /// Loads the commit that a revision names.
    ///
    /// - Throws: only if the repository cannot be read; problems of the codex are in the result.
    package func load(rev revision: String = "HEAD") throws(CodexRepositoryError) -> LoadResult {
        try load(try repository.resolve(revision), named: revision)
    }

    /// Loads a commit that may no longer be on any branch.
    ///
    /// - Parameters:
    ///   - revision: the commit's name in messages.
    ///   - deadline: the time limit; the repository's own limit if nobody may cancel the load.
    package func load(
        _ commit: CommitID, revision: String? = nil, deadline: LoadDeadline? = nil
    ) throws(CodexRepositoryError) -> LoadResult {
        try load(commit, named: revision ?? commit.short, deadline: deadline)
    }

    /// Loads the uncommitted files.
    package func loadWorktree() throws(CodexRepositoryError) -> LoadResult {
        let deadline = LoadDeadline(repository.limits.duration)
        let tree = try repository.files.workTree()
        let commit = CodexSnapshot.worktreePrefix + CodexFiles.digest(of: tree.files)
        return try finish(tree, commit: commit, revision: "the work tree", deadline)
    }

    /// Validates a plain folder, which need not be in a repository.
    package static func load(
        folder: String, systems: SystemCatalogue
    ) throws(CodexRepositoryError) -> LoadResult {
        let tree = try CodexFiles.ofFolder(folder)
        let commit = CodexSnapshot.worktreePrefix + CodexFiles.digest(of: tree.files)
        return Self.validate(tree, commit: commit, revision: folder, systems: systems)
    }

    private func load(
        _ commit: CommitID, named revision: String, deadline: LoadDeadline? = nil
    ) throws(CodexRepositoryError) -> LoadResult {
        let deadline = deadline ?? LoadDeadline(repository.limits.duration)
        let tree = try repository.files.tree(at: commit, memory: memory, deadline: deadline)
        memory.remember(tree)
        return try finish(tree, commit: commit.hex, revision: revision, deadline)
    }

    private func finish(
        _ tree: CodexTree, commit: String, revision: String, _ deadline: LoadDeadline
    ) throws(CodexRepositoryError) -> LoadResult {
        let result = Self.validate(
            tree, commit: commit, revision: revision, systems: systems, memory: memory, deadline: deadline)
        try deadline.check(place: repository.place, revision: revision)
        logger.debug(
            "codex read",
            metadata: [
                "commit": "\(commit)", "files": "\(tree.files.count)", "problems": "\(result.problems.count)",
            ])
        return result
    }

    /// Validates the given files.
    ///
    /// - Parameters:
    ///   - commit: the snapshot's commit.
    ///   - revision: the commit's name in messages.
    package static func validate(
        _ tree: CodexTree, commit: String, revision: String, systems: SystemCatalogue
    ) -> LoadResult {
        validate(tree, commit: commit, revision: revision, systems: systems, memory: nil, deadline: nil)
    }

    private static func validate(
        _ tree: CodexTree, commit: String, revision: String, systems: SystemCatalogue, memory: CodexMemory?,
        deadline: LoadDeadline?
    ) -> LoadResult {
        let findings = Findings(systems: systems)
        for problem in tree.problems { findings.add(problem) }
        let contents = Dictionary(tree.files.map { ($0.path, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        var decoded = DecodedFiles(
            tree.files, systems: systems, memory: memory, budget: findings.budget, deadline: deadline)
        let codex = decoded.codex
        let prompts = Set(decoded.files.flatMap(\.prompts))
        for file in decoded.files where file.prompt.map({ prompts.contains($0) }) ?? true {
            for problem in file.problems { findings.add(problem) }
        }
        let world = CodexWorld(codex, paths: tree.files.map(\.path))
        var checks = CrossChecks(codex: codex, files: contents, systems: systems, findings: findings)
        decoded.compare(by: &checks, known: memory?.crossProblems(of: decoded.files, in: world) ?? [])
        if deadline?.isOver != true { memory?.remember(decoded, world) }
        let problems = findings.problems.sorted()
        guard !problems.contains(where: { $0.severity == .error }), let guild = codex.guilds.first else {
            return LoadResult(revision: revision, commit: commit, snapshot: nil, problems: problems)
        }
        let snapshot = CodexSnapshot(
            commit: commit, codex: codex, guild: guild, contents: contents, systems: systems)
        return LoadResult(revision: revision, commit: commit, snapshot: snapshot, problems: problems)
    }
}
