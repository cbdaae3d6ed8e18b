import GuildCodex
import GuildDomain
import GuildLedger
import Logging
import ServiceLifecycle
import UnixSignals

/// Takes up the newest commit of the served ref as soon as there is one.
///
///     inotify on the ref ┐                        ┌ valid ─▶ keep alive ─▶ ledger: accepted ─▶ swapped in whole
///     SIGHUP             ┼▶ which commit is it? ──┤
///     git fetch, recheck ┘            invalid, unreadable ─▶ ledger: refused, with reasons; the last valid one stays
///
/// Reading a commit has a deadline, and ends at once when there is a newer commit or the process ends.
///
/// Running work keeps the snapshot of its commit. The ledger knows the commit before this process serves it, so a step of
/// another process with an older commit is fenced off from then on.
struct CodexReload: Service {
    let deployment: Deployment
    var remote: RemoteBranch?
    var git = GitProgram(environment: [:])
    var requests = ReloadRequests()
    var loading = HeadLoading()
    /// Reports a long reading to the ledger.
    var worker: WorkerID?

    /// Behind inotify, which a network file system does not have.
    private static let recheck = Duration.seconds(30)

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        let watcher = watch()
        defer { watcher?.stop() }
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in signals { requests.ask(isForced: true) } }
                group.addTask { await recheck() }
                if let remote { group.addTask { await fetch(remote) } }
                group.addTask { await takeUp() }
                await group.waitForAll()
            }
        }
    }

    private func watch() -> ReferenceWatcher? {
        guard !deployment.access.usesWorktree else { return nil }
        let watcher = ReferenceWatcher(deployment.access.repository, revision: deployment.access.revision) {
            [self] in
            // In this order: when the reading ends, the wish is there.
            requests.ask()
            supersede()
        }
        if watcher == nil {
            deployment.logger.warning(
                "no inotify: guild looks for commits every \(Self.recheck)",
                metadata: ["hint": "raise fs.inotify.max_user_instances"])
        }
        return watcher
    }

    private func recheck() async {
        while !Task.isCancelled {
            // Losing the error is safe: it says only that we are to end.
            try? await Task.sleep(for: Self.recheck)
            requests.ask()
            // Losing the error is safe: there is none.
            try? await onOwnThread { supersede() }
            // Work that ended let go of its commits since.
            await deployment.sweepPins()
        }
    }

    /// Stops reading a commit when the ref names another by now. Blocks: for a thread of its own.
    private func supersede() {
        guard loading.current?.commit != nil else { return }
        // A revision that cannot be resolved now supersedes nothing.
        guard let newest = try? deployment.access.tip() else { return }
        loading.supersede(by: newest)
    }

    private func takeUp() async {
        var seen = deployment.refusal?.commit ?? deployment.codex.head.commit
        var trouble = ""
        for await _ in requests.wishes {
            let isForced = requests.takeForced()
            do {
                seen = try await look(isForced: isForced, seen: seen)
                trouble = ""
            } catch is CancellationError {
                return
            } catch CodexRepositoryError.cancelled {
                // A newer one is there, and wished for; or the process ends, and nothing is wished for any more.
                deployment.logger.info("reading the codex was cancelled")
            } catch {
                // Said once, not with each recheck; the next wish tries again.
                if "\(error)" != trouble || isForced {
                    deployment.logger.error(
                        "reload failed; the last valid commit stays active", metadata: ["reason": "\(error)"])
                }
                trouble = "\(error)"
            }
        }
    }

    /// The commit to look at; nil if it is the one that was looked at last.
    private func newest(isForced: Bool, seen: String) async throws -> CommitID?? {
        let access = deployment.access
        guard !access.usesWorktree else { return isForced ? .some(nil) : nil }
        try await deployment.followMove()
        let commit = try await onOwnThread { try access.retrying { try access.tip(in: $0) } }
        return isForced || commit.hex != seen ? .some(commit) : nil
    }

    /// Handles each request: checks for a new commit, and takes it up.
    func look() async throws { _ = try await look(isForced: false, seen: deployment.codex.head.commit) }

    /// - Returns: the commit that was examined last; nothing if it could not be read. Then the next request tries
    ///   again, because missing objects may still arrive.
    private func look(isForced: Bool, seen: String) async throws -> String {
        var wanted: CommitID?
        do {
            guard let commit = try await newest(isForced: isForced, seen: seen) else { return seen }
            wanted = commit
            return try await reload(commit)
        } catch let error as CodexRepositoryError where error.kind != .interrupted {
            let access = deployment.access
            let target = try await onOwnThread { access.repository.references.target(of: access.revision) }
            guard !access.usesWorktree, let commit = wanted ?? target, commit.hex != deployment.codex.head.commit else {
                throw error
            }
            try await refuse(commit, because: error)
            return ""
        }
    }

    /// Looks at the newest commit.
    func reload() async throws { _ = try await reload(nil) }

    /// - Parameter commit: nil means the settings' revision.
    /// - Returns: the examined commit.
    private func reload(_ commit: CommitID?) async throws -> String {
        let access = deployment.access
        let accepted = try await deployment.ledger.codex.acceptedHead().flatMap { CommitID($0) }
        let result = try await reading(commit) { deadline in
            guard let commit else { return try access.load(deadline: deadline) }
            return try access.retrying { _ in
                let result = try access.load(commit, revision: access.revision, deadline: deadline)
                return access.judged(result, after: accepted)
            }
        }
        guard let snapshot = result.snapshot else {
            try await refuse(result)
            return result.commit
        }
        let before = deployment.codex.head
        deployment.codex.stage(snapshot)
        try await deployment.accept(snapshot, actor: "serve")
        deployment.codex.accept(snapshot)
        deployment.ledger.raiseAll()
        deployment.logger.info(
            "codex accepted",
            metadata: [
                "commit": "\(snapshot.commit)", "replaces": "\(before.commit)", "warnings": "\(result.warnings.count)",
            ])
        deployment.warnOfMissingSecrets(of: snapshot, but: before.secretReferences)
        await deployment.sweepPins()
        return snapshot.commit
    }

    /// Reads on a thread of its own, and says so while it lasts.
    private func reading(
        _ commit: CommitID?, _ body: @escaping @Sendable (LoadDeadline) throws -> LoadResult
    ) async throws -> LoadResult {
        let since = deployment.time.now
        let deadline = loading.begin(commit, now: since, limit: deployment.access.repository.limits.duration)
        defer { loading.end() }
        let telling = Task {
            // Losing the error is safe: it says that the reading is over.
            try? await Task.sleep(for: HeadLoading.worthTelling)
            guard !Task.isCancelled else { return false }
            await tell(commit?.hex ?? deployment.access.revision, since: since)
            return true
        }
        let result: Result<LoadResult, any Error>
        do {
            result = .success(
                try await withTaskCancellationHandler {
                    try await onOwnThread { try body(deadline) }
                } onCancel: {
                    deadline.cancel()
                })
        } catch {
            result = .failure(error)
        }
        telling.cancel()
        if await telling.value { await tell(nil, since: since) }
        return try result.get()
    }

    private func tell(_ commit: String?, since: Timestamp) async {
        guard let worker else { return }
        do {
            try await deployment.ledger.codex.noteLoading(commit, since: since, by: worker)
        } catch {
            deployment.logger.debug("cannot record which commit is being read", metadata: ["reason": "\(error)"])
        }
    }

    /// Refuses a commit that cannot be read as one that is invalid, and says so once.
    private func refuse(_ commit: CommitID, because error: CodexRepositoryError) async throws {
        guard try await deployment.ledger.codex.lastHeads(limit: 1).first?.commit != commit.hex else { return }
        let reason = [error.message, error.hint].compactMap(\.self).joined(separator: "; ")
        try await refuse(LoadResult(refusing: commit, revision: deployment.access.revision, reason: reason))
    }

    private func refuse(_ result: LoadResult) async throws {
        let errors = result.problems.filter { $0.severity == .error }
        try await deployment.ledger.codex.recordHead(
            commit: result.commit, accepted: false, problems: errors.map(\.text), actor: "serve",
            now: deployment.time.now)
        deployment.logger.error(
            "codex refused; the last valid commit stays active",
            metadata: [
                "commit": "\(result.commit)", "serving": "\(deployment.codex.head.commit)",
                "errors": "\(errors.count)", "first": "\(errors.first?.text ?? "")",
            ])
    }

    // MARK: Remote

    /// Fetches the remote in its interval, and immediately when a webhook reports a push. A fetch changes the ref,
    /// which is noticed like any other change.
    private func fetch(_ remote: RemoteBranch) async {
        var trouble = ""
        while !Task.isCancelled {
            let seen = requests.remote.generation
            do {
                try await remote.fetch(into: deployment.access.repository, with: git)
                if !trouble.isEmpty { deployment.logger.notice("the remote answers again") }
                trouble = ""
            } catch {
                if "\(error)" != trouble {
                    deployment.logger.warning(
                        "fetch failed; the last valid commit stays active", metadata: ["reason": "\(error)"])
                }
                trouble = "\(error)"
            }
            await requests.remote.wait(
                after: seen, until: deployment.time.now + remote.interval, time: deployment.time)
        }
    }
}

extension CodexAccess {
    /// A repository may be repacked or replaced while it is read; opened again it is whole.
    func retrying<Value>(_ body: (CodexRepository) throws -> Value) throws -> Value {
        do {
            return try body(repository)
        } catch let error as CodexRepositoryError where error.mayPass {
            try repository.reopen()
            return try body(repository)
        }
    }
}
