import Foundation
import GuildDomain
import GuildLedger

/// `audit log --follow`: the entries of the audit log as any process writes them.
struct AuditFeed: Sendable {
    let audit: AuditLedger
    /// Its `after` is the last entry that has been shown.
    let filter: AuditFilter
    let renderer: Renderer
    let time: any TimeSource

    /// In case a wake-up was lost between processes.
    private static let recheck = Duration.seconds(60)

    /// - Returns: false if the reader has gone away.
    func show(_ records: [AuditRecord]) -> Bool {
        records.allSatisfy { record in
            renderer.format == .json ? renderer.printLine(record.json) : renderer.write(record.line(renderer.style))
        }
    }

    /// Goes on until Ctrl-C, which ends it with the status for that, or until the reader goes away, which ends it well.
    /// The ledger is watched (`Ledger.watch`), so that other processes' entries wake it.
    func followUntilInterrupted() async throws {
        let following = Task {
            do {
                try await follow()
            } catch {
                // The read that was in progress at the end; none of it was shown.
                guard Task.isCancelled else { throw error }
            }
        }
        OutputReader.onLeaving { following.cancel() }
        let interruption = Interruption()
        try await Interrupts.handling {
            try await following.value
        } onInterrupt: {
            interruption.raise()
            following.cancel()
        }
        if interruption.isRaised { throw CommandStatus(code: ErrorKind.interrupted.exitStatus) }
    }

    private func follow() async throws {
        let signal = audit.additions
        var filter = filter
        while !Task.isCancelled {
            let seen = signal.generation
            filter.through = try await audit.head()
            let records = try await audit.log(filter)
            guard show(records) else { return }
            if records.count >= filter.limit, let newest = records.last {
                filter.after = newest.seq
                continue
            }
            filter.after = filter.through ?? filter.after
            await signal.wait(after: seen, until: time.now + Self.recheck, time: time)
        }
    }
}

/// The reader of our standard output.
enum OutputReader {
    /// Calls `body` when the reader of a pipe has gone away, though nothing was written since. The thread lasts as long
    /// as the process.
    static func onLeaving(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            var polled = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&polled, 1, -1) < 0, errno == EINTR {}
            body()
        }
    }
}
