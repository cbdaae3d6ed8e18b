/// Why an action waits for a person though its manifest lets the agent act: it is past a cap.
package struct CapHold: Sendable, Hashable {
    package let cap: ActionCap
    /// The cap's limit when the action was asked for; also what one approval releases.
    package let limit: ActionCaps.Limit

    package init(_ cap: ActionCap, _ limit: ActionCaps.Limit) {
        self.cap = cap
        self.limit = limit
    }

    /// For people: what was passed.
    package var reason: String { "past \(cap.key) of \(limit.count) (\(limit.setting))" }

    /// For people: what to do about it.
    package func nextStep(agent: String) -> String {
        limit.count > 1
            ? "approving one lets \(agent) do \(limit.count) in all, the rest of them within 24 h"
            : "each one needs an approval of its own"
    }
}
