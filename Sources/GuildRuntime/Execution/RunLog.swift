import GuildConnectors
import GuildDomain
import GuildLedger
import Logging

/// Tells the operator of `guild serve` about one run: a line when it fails for good, and a line when it stops for a
/// person or for a budget. `guild run` has none, because the person who watches sees all of that.
struct RunLog: Sendable {
    /// A reason quotes models and providers; a log line has room for so much of it.
    private static let reasonLimit = 500

    let logger: Logger
    let invocation: Invocation
    let redactor: Redactor

    func note(_ event: RunEvent) {
        switch event {
        case .warned(_, let warning): logger.warning("\(warning)", metadata: metadata(reason: nil, hint: nil))
        case .ended(_, .failed, let outcome, let failure): noteFailure(failure?.message ?? outcome, failure?.hint)
        case .waiting(_, .approval):
            logger.notice(
                "a run waits for a person",
                metadata: metadata(
                    reason: "an action needs approval",
                    hint: "guild audit approvals lists the actions; guild audit approve ID lets one out"))
        case .outOfBudget(_, let refusal, _): noteWait(for: refusal)
        default: break
        }
    }

    private func noteFailure(_ reason: String, _ remedy: String?) {
        let retry = "guild dispatch dead-letters retry \(invocation.id)"
        logger.error(
            "a run failed for good",
            metadata: metadata(reason: reason, hint: remedy.map { "\($0); then \(retry)" } ?? retry))
    }

    private func noteWait(for refusal: BudgetExceeded) {
        var metadata = metadata(reason: refusal.message, hint: refusal.hint)
        metadata["account"] = "\(refusal.account)"
        metadata["until"] = "\(Self.end(of: refusal))"
        logger.log(level: Self.level(of: refusal), "a run waits for budget", metadata: metadata)
    }

    /// A run that waits only for calls in progress may try again with each of them.
    private static func level(of refusal: BudgetExceeded) -> Logger.Level {
        if refusal.waitsForPerson { return .warning }
        return refusal.relief == .whenCallsSettle ? .debug : .notice
    }

    private static func end(of refusal: BudgetExceeded) -> String {
        switch refusal.relief {
        case .now: "its next try"
        case .at(let time): time.rfc3339
        case .whenCallsSettle: "calls in progress settle"
        case .grant: "a grant or a higher limit"
        }
    }

    private func metadata(reason: String?, hint: String?) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "agent": "\(invocation.agent)", "invocation": "\(invocation.id)", "event": "\(invocation.event)",
            "root": "\(invocation.root)",
        ]
        // Masked before it is cut, for half a secret is not recognised.
        if let reason {
            metadata["reason"] = "\(ScreenText.prefix(redactor.masked(reason), scalars: Self.reasonLimit))"
        }
        if let hint { metadata["hint"] = "\(hint)" }
        return metadata
    }
}
