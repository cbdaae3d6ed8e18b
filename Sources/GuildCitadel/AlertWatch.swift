import GuildDomain
import GuildLedger
import Logging
import ServiceLifecycle
import Synchronization

/// Logs each change of an account's alert level, and at the start the levels in force.
///
///     something ended, or a minute passed ──▶ read the levels ──▶ one line for each that differs
///
/// It looks once more when the process ends, so that `--once` reports the alerts of its own work.
final class AlertWatch: Service {
    /// Alerts end by the calendar, too.
    private static let interval = Duration.seconds(60)
    /// Between two looks, however much ends.
    private static let pause = Duration.seconds(1)
    /// Lines of one look.
    private static let lineLimit = 20

    private let budgets: BudgetLedger
    private let outcomes: Signal
    private let time: any TimeSource
    private let logger: Logger
    private let known = Mutex<[String: AlertLevel]>([:])

    /// - Parameter outcomes: raised when something ended.
    init(budgets: BudgetLedger, outcomes: Signal, time: any TimeSource, logger: Logger) {
        self.budgets = budgets
        self.outcomes = outcomes
        self.time = time
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let seen = self.outcomes.generation
                await self.look()
                await self.outcomes.wait(after: seen, until: self.time.now + Self.interval, time: self.time)
                // Losing the error is safe: it can only say that this task was cancelled, which the loop sees.
                try? await self.time.sleep(until: self.time.now + Self.pause)
            }
        }
        await look()
    }

    private func look() async {
        // Losing the error is safe: a ledger that cannot be read ends the components themselves.
        guard let levels = try? await budgets.alertLevels(now: time.now).levels else { return }
        let before = known.withLock { known in
            defer { known = levels }
            return known
        }
        let changes = Self.changes(from: before, to: levels)
        for change in changes.prefix(Self.lineLimit) { tell(change) }
        if changes.count > Self.lineLimit {
            logger.warning(
                "alerts of more accounts changed",
                metadata: ["accounts": "\(changes.count - Self.lineLimit)", "hint": "guild status"])
        }
    }

    /// An account whose level differs.
    struct Change: Hashable {
        let account: String
        let before: AlertLevel
        let level: AlertLevel
    }

    /// The highest level first, so that a cut list keeps what matters.
    static func changes(from before: [String: AlertLevel], to levels: [String: AlertLevel]) -> [Change] {
        Set(before.keys).union(levels.keys).map {
            Change(account: $0, before: before[$0, default: .none], level: levels[$0, default: .none])
        }.filter { $0.before != $0.level }.sorted { ($1.level, $0.account) < ($0.level, $1.account) }
    }

    private func tell(_ change: Change) {
        logger.log(
            level: change.level >= .orange ? .warning : .notice, "the alert of an account changed",
            metadata: [
                "account": "\(change.account)", "before": "\(change.before.name)", "level": "\(change.level.name)",
                "hint": "guild budget show \(change.account)",
            ])
    }
}
