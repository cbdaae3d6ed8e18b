import GuildDomain
import GuildLedger

/// The reason why a run waits after its start: a person, room in a budget, or something else.
struct RunWaits: Sendable {
    private var holds: [InvocationID: CapHold] = [:]
    private var budgets: [InvocationID: BudgetWait] = [:]

    init() {}

    /// - Parameter invocations: those that are shown.
    init(_ invocations: [Invocation], in actions: ActionLedger, _ budgets: BudgetLedger) async throws {
        for invocation in invocations where invocation.state == .waiting {
            switch invocation.waitReason {
            case .approval: holds[invocation.id] = try await actions.capHold(of: invocation.id)
            case .budget: self.budgets[invocation.id] = try await budgets.wait(of: invocation.id)
            default: break
            }
        }
    }

    /// - Returns: nil if the invocation does not wait.
    func reason(of invocation: Invocation) -> String? {
        guard invocation.state == .waiting, let wait = invocation.waitReason else { return nil }
        switch wait {
        case .approval:
            let why = holds[invocation.id].map { ", \($0.reason)" } ?? ""
            return "a person\(why): guild audit approvals"
        case .budget: return budgets[invocation.id]?.reason ?? "room in its budget"
        case .rate: return "its slot at a rate limit"
        case .action: return "its actions"
        case .delegate: return "the agents that it called"
        case .preempted: return "a slot that more urgent work uses"
        }
    }
}
