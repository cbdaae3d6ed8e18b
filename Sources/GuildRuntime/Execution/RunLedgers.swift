package import GuildLedger

/// The parts of the ledger that an executor and its runs call.
package struct RunLedgers: Sendable {
    /// The queue, and the journals of runs.
    package var invocations: InvocationLedger
    /// The events that runs answer.
    package var events: EventLedger
    /// The merged events, the rates of reads, and the giving way to urgent work.
    package var dispatch: DispatchLedger
    /// The alerts, and the waits for budgets.
    package var budgets: BudgetLedger

    package init(
        invocations: InvocationLedger, events: EventLedger, dispatch: DispatchLedger, budgets: BudgetLedger
    ) {
        self.invocations = invocations
        self.events = events
        self.dispatch = dispatch
        self.budgets = budgets
    }
}
