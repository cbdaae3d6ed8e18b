/// Why an action waits for a person though its manifest lets the agent act: it is past a cap.
package struct CapHold: Sendable, Hashable {
    /// The cap that was passed.
    package let cap: ActionCap
    /// The cap's limit when the action was requested, which is also the allotment that one approval releases.
    package let limit: ActionCaps.Limit

    package init(_ cap: ActionCap, _ limit: ActionCaps.Limit) {
        self.cap = cap
        self.limit = limit
    }

    /// For people: the cap that was passed.
    package var reason: String { "past \(cap.key) of \(limit.count) (\(limit.setting))" }

    /// How many others an approval of one action lets out, at once or within 24 h.
    package var others: Int { Int(clamping: max(1, limit.count) - 1) }

    /// For people: what to do about it, if no particular action is named.
    package func nextStep(agent: String) -> String {
        guard others > 0 else { return "each one needs its own approval" }
        let owner =
            switch cap {
            case .perInvocation: "its run"
            case .perHour: agent
            case .perSubjectPerDay: "\(agent) on that subject"
            }
        return "one approval lets \(owner) do \(limit.count) in all, the rest of them within 24 h"
    }
}
