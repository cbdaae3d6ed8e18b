package import GuildCodex
import GuildDomain
package import GuildLedger
import Logging
import ServiceLifecycle

/// Deletes what the PrivacyPolicy of the head no longer retains, and keeps the ledger's log small.
///
///     every five minutes ──▶ the lock, unless another process has it ──▶ batches, for at most two seconds ──▶ checkpoint
///
/// Every `guild serve` has one, whatever its components; if there are several, one of them does the work.
struct Housekeeping: Service {
    private static let interval = Duration.seconds(300)
    /// How long one round works, and how long it lets others alone when there was more to do.
    private static let round = Duration.seconds(2)
    private static let pause = Duration.seconds(1)

    let deployment: Deployment

    func run() async throws {
        let ledger = deployment.ledger
        let time = deployment.time
        let logger = deployment.logger
        await cancelWhenGracefulShutdown {
            // Remains of a crash are searched for once, and again if a round could not look at all files.
            var looksAtFiles = true
            var isFirst = true
            while !Task.isCancelled {
                let end = ContinuousClock.now + Self.round
                var next = Self.interval
                do {
                    let report = try await ledger.upkeep.keepHouse(
                        deployment.codex.head.retentionPlan, actor: "retention", now: time.now,
                        looksAtFiles: looksAtFiles
                    ) { ContinuousClock.now < end && !Task.isCancelled }
                    if let report, !report.isEmpty {
                        let counts = report.counts.filter { $0.count > 0 }
                        logger.info(
                            "retention",
                            metadata: Dictionary(uniqueKeysWithValues: counts.map { ($0.name, "\($0.count)") }))
                    }
                    if let report { looksAtFiles = !report.isComplete }
                    if report?.isComplete == false { next = Self.pause }
                } catch is CancellationError {
                    return
                } catch {
                    // The next round deletes what this one could not.
                    logger.error("retention failed", metadata: ["reason": "\(error)"])
                }
                if isFirst { MemoryReturn.ofStartup() }
                isFirst = false
                // Losing the error is safe: it can only say that this task was cancelled, which the loop sees.
                try? await time.sleep(until: time.now + next)
            }
        }
    }
}

extension CodexSnapshot {
    /// The retention of the policies, in the ledger's form.
    package var retentionPlan: RetentionPlan {
        let rules = retention
        return RetentionPlan(
            rawMessages: rules.rawMessages.value, aggregatedMetrics: rules.aggregatedMetrics.value,
            auditLogs: rules.auditLogs.value, policy: rules.origin)
    }
}
