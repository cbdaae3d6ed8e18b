import GuildCodex
import GuildDomain
import GuildLedger
import Logging
import ServiceLifecycle
import UnixSignals

/// Takes up the newest commit of the ref that is served, as soon as there is one.
///
///     inotify on the ref ┐                        ┌ valid ─▶ keep alive ─▶ ledger: accepted ─▶ swapped in whole
///     SIGHUP             ┼▶ which commit is it? ──┤
///     git fetch, recheck ┘                        └ invalid ─▶ ledger: refused, with reasons; the last good one goes on
///
/// What runs keeps the snapshot of the commit that it names. The ledger knows the commit before this process serves it,
/// so a step that another process makes with an older one is fenced off from then on.
struct CodexReload: Service {
    let deployment: Deployment
    var remote: RemoteBranch?
    var git = GitProgram(environment: [:])
    var requests = ReloadRequests()

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
            [requests] in requests.ask()
        }
        if watcher == nil {
            deployment.logger.warning(
                "no inotify: commits are looked for every \(Self.recheck)",
                metadata: ["hint": "raise fs.inotify.max_user_instances"])
        }
        return watcher
    }

    private func recheck() async {
        while !Task.isCancelled {
            // Losing the error is safe: it says only that we are to end.
            try? await Task.sleep(for: Self.recheck)
            requests.ask()
            // Work that ended let go of its commits since.
            await deployment.sweepPins()
        }
    }

    private func takeUp() async {
        var seen = deployment.refusal?.commit ?? deployment.codex.head.commit
        var trouble = ""
        for await _ in requests.wishes {
            let isForced = requests.takeForced()
            do {
                guard let commit = try await newest(isForced: isForced, seen: seen) else { continue }
                seen = try await reload(commit)
                trouble = ""
            } catch is CancellationError {
                return
            } catch {
                // Said once, not with each recheck; the next wish tries again.
                if "\(error)" != trouble || isForced {
                    deployment.logger.error(
                        "reload failed; the last good commit runs on", metadata: ["reason": "\(error)"])
                }
                trouble = "\(error)"
            }
        }
    }

    /// The commit to look at; nil where it is the one that was looked at last.
    private func newest(isForced: Bool, seen: String) async throws -> CommitID?? {
        let access = deployment.access
        guard !access.usesWorktree else { return isForced ? .some(nil) : nil }
        try await deployment.followMove()
        let commit = try await onOwnThread { try access.retrying { try $0.resolve(access.revision) } }
        return isForced || commit.hex != seen ? .some(commit) : nil
    }

    /// What each wish does: looks whether there is something new, and takes it up.
    func look() async throws {
        guard let commit = try await newest(isForced: false, seen: deployment.codex.head.commit) else { return }
        _ = try await reload(commit)
    }

    /// Looks at the newest commit.
    func reload() async throws { _ = try await reload(nil) }

    /// - Parameter commit: nil takes what the settings name.
    /// - Returns: the commit that was looked at.
    private func reload(_ commit: CommitID?) async throws -> String {
        let access = deployment.access
        let accepted = try await deployment.ledger.acceptedHead().flatMap { CommitID($0) }
        let result = try await onOwnThread {
            guard let commit else { return try access.load() }
            return try access.retrying { _ in
                access.judged(try access.load(commit, revision: access.revision), after: accepted)
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
        await deployment.sweepPins()
        return snapshot.commit
    }

    private func refuse(_ result: LoadResult) async throws {
        let errors = result.problems.filter { $0.severity == .error }
        try await deployment.ledger.recordHead(
            commit: result.commit, accepted: false, problems: errors.map(\.text), actor: "serve",
            now: deployment.time.now)
        deployment.logger.error(
            "codex refused; the last good one runs on",
            metadata: [
                "commit": "\(result.commit)", "serving": "\(deployment.codex.head.commit)",
                "errors": "\(errors.count)", "first": "\(errors.first?.text ?? "")",
            ])
    }

    // MARK: Remote

    /// Asks the remote in its interval, and at once when somebody says that there is something new. What comes changes
    /// the ref, and that is noticed as any other change.
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
                        "fetch failed; the last good commit runs on", metadata: ["reason": "\(error)"])
                }
                trouble = "\(error)"
            }
            await requests.remote.wait(
                after: seen, until: deployment.time.now + remote.interval, time: deployment.time)
        }
    }
}

extension CodexAccess {
    /// A repository may be repacked or replaced while it is read; opened anew it is whole.
    func retrying<Value>(_ body: (CodexRepository) throws -> Value) throws -> Value {
        do {
            return try body(repository)
        } catch is CodexRepositoryError {
            try repository.reopen()
            return try body(repository)
        }
    }
}
