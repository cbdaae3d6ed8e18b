package import GuildCodex
package import GuildDomain
package import GuildLedger
package import Logging
import ServiceLifecycle

/// Anchors the audit log while `guild serve` runs: after a number of entries, or after a time with at least one entry.
///
///     idle: wait for a commit ──▶ pause ──▶ due? ──▶ anchor, push ──▶ idle
///
/// Nothing happens while nobody writes. The pause limits the checks of a busy ledger. A failure is logged, and
/// anchoring is tried again when the next anchor would be due.
package struct AuditAnchoring: Service {
    /// Between two looks at how many entries there are.
    private static let pause = Duration.seconds(5)

    private let audit: AuditLedger
    private let anchors: AnchorBranch
    private let codex: CurrentCodex
    private let time: any TimeSource
    private let logger: Logger

    package init(
        audit: AuditLedger, anchors: AnchorBranch, codex: CurrentCodex, time: any TimeSource, logger: Logger
    ) {
        self.audit = audit
        self.anchors = anchors
        self.codex = codex
        self.time = time
        self.logger = logger
    }

    /// The settings of the head, at the moment of use.
    private var settings: AuditSettings { codex.head.guild.audit }

    package func run() async throws {
        let written = audit.additions
        var retryAt = time.now
        while !Task.isCancelled {
            let seen = written.generation
            let now = time.now
            var next = try await due(now: now)
            if let due = next, due <= now, retryAt <= now {
                let isDone = await anchor()
                retryAt = isDone ? time.now : time.now + settings.anchorInterval
                next = isDone ? nil : retryAt
            }
            // With entries to anchor there is a time to wake at; without, only a commit brings some.
            if let next {
                await written.wait(after: seen, until: max(next, retryAt), time: time)
            } else {
                await written.wait(after: seen)
            }
            try await time.sleep(until: time.now + Self.pause)
        }
    }

    /// When the next anchor is due; nil if there is nothing to anchor or it is turned off.
    ///
    /// The time is counted from the last anchor, and before the first from the first entry.
    package func due(now: Timestamp) async throws -> Timestamp? {
        let settings = settings
        guard settings.anchors else { return nil }
        let since = try await audit.entriesSinceAnchor()
        guard since.entries > 0 else { return nil }
        if since.entries >= settings.anchorEvery { return now }
        let start = since.last?.anchor.at ?? since.oldest ?? now
        // A clock set back since must not put it off.
        return min(start, now) + settings.anchorInterval
    }

    /// - Returns: whether there is now an anchor, and sent away if it is to be.
    package func anchor() async -> Bool {
        let anchorer = AuditAnchorer(audit: audit, anchors: anchors, time: time, actor: "serve")
        do {
            if case .anchored(let anchor, let commit, let isSigned) = try await anchorer.anchor() {
                logger.info(
                    "audit log anchored",
                    metadata: ["entry": "\(anchor.seq)", "commit": "\(commit.short)", "signed": "\(isSigned)"])
            }
        } catch {
            return complain("the audit log is not anchored", error)
        }
        guard let remote = settings.push else { return true }
        do {
            try await onOwnThread { [anchors] in try anchors.push(to: remote) }
            return true
        } catch {
            return complain("the audit anchor is not pushed", error)
        }
    }

    private func complain(_ text: Logger.Message, _ error: any Error) -> Bool {
        logger.error(text, metadata: ["reason": "\((error as? any GuildError)?.message ?? "\(error)")"])
        return false
    }
}
