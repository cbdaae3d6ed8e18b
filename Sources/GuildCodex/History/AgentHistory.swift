package import GuildDomain

/// The commits of a branch that changed a part of an agent: its manifest, prompt or output schema.
///
/// The walk follows first parents, so that it shows when the branch itself changed: a merge counts once, with all its
/// changes.
package struct AgentHistory: Sendable {
    /// One commit that changed the agent.
    package struct Entry: Sendable {
        /// The commit.
        package let commit: CommitSummary
        /// `added`, or the differences from the previous commit: `manifest`, `prompt`, `output schema`, `moved`.
        package let changes: [String]
        /// Nil if the manifest says none, or the codex of that commit is invalid.
        package let version: SemanticVersion?
        /// The agent's version before the commit.
        package let versionBefore: SemanticVersion?
        /// Whether the codex is valid at the commit.
        package let isValid: Bool
    }

    /// The agent's name.
    package let agent: String
    /// The commits, the newest first.
    package let entries: [Entry]
    /// Whether older entries were left out.
    package let isCut: Bool

    /// Commits looked at; a history longer than this is cut.
    private static let commitLimit = 100_000

    private struct Parts {
        let paths: [String]
        let names: [String]
        let version: SemanticVersion?

        init(_ agent: AgentManifest) {
            var parts = [(agent.location.file, "manifest")]
            if case .file(let path) = agent.prompt { parts.append((path, "prompt")) }
            if let schema = agent.outputSchema { parts.append((schema, "output schema")) }
            paths = parts.map(\.0)
            names = parts.map(\.1)
            version = agent.version
        }
    }

    /// - Throws: kind `.usage` where the newest commit has no such agent.
    ///
    /// - Parameters:
    ///   - tip: the newest commit.
    ///   - revision: what a person calls it.
    package init(
        of name: String, from tip: CommitID, revision: String, in repository: CodexRepository, loader: CodexLoader,
        limit: Int
    ) throws {
        let snapshot = try loader.load(tip, revision: revision).get()
        guard let manifest = snapshot.agent(name) else { throw snapshot.unknownAgent(name) }
        var parts = Parts(manifest)
        var isValid = true
        var entries: [Entry] = []
        var commit = try repository.history.summary(of: tip)
        var looked = 0
        while entries.count < limit, looked < Self.commitLimit {
            looked += 1
            guard let parent = commit.parents.first else {
                entries.append(Self.added(commit, parts, isValid))
                agent = manifest.name
                self.entries = entries
                isCut = false
                return
            }
            let summary = try repository.history.summary(of: parent)
            let differing = try Self.differing(parts, commit.commit, parent, repository)
            // Of an invalid commit it is not known which files it means.
            guard isValid, differing.isEmpty else {
                let result = try loader.load(parent)
                let earlier = result.snapshot?.agent(name).map(Parts.init)
                if result.snapshot != nil, earlier == nil {
                    entries.append(Self.added(commit, parts, isValid))
                    agent = manifest.name
                    self.entries = entries
                    isCut = false
                    return
                }
                var changes = differing
                if !isValid, let earlier { changes = try Self.differing(earlier, commit.commit, parent, repository) }
                if isValid, let earlier, earlier.paths.first != parts.paths.first { changes.insert("moved", at: 0) }
                if !changes.isEmpty {
                    entries.append(
                        Entry(
                            commit: commit, changes: changes, version: isValid ? parts.version : nil,
                            versionBefore: earlier?.version, isValid: isValid))
                }
                isValid = earlier != nil
                if let earlier { parts = earlier }
                commit = summary
                continue
            }
            commit = summary
        }
        agent = manifest.name
        self.entries = entries
        isCut = true
    }

    /// Which parts are not the same at two commits.
    private static func differing(
        _ parts: Parts, _ commit: CommitID, _ parent: CommitID, _ repository: CodexRepository
    ) throws -> [String] {
        let now = try repository.history.blobs(of: parts.paths, at: commit)
        let before = try repository.history.blobs(of: parts.paths, at: parent)
        return zip(parts.names, zip(now, before)).filter { $1.0 != $1.1 }.map(\.0)
    }

    private static func added(_ commit: CommitSummary, _ parts: Parts, _ isValid: Bool) -> Entry {
        Entry(
            commit: commit, changes: ["added"], version: isValid ? parts.version : nil, versionBefore: nil,
            isValid: isValid)
    }
}
