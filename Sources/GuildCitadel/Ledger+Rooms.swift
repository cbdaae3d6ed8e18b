package import GuildBudgets
package import GuildLedger
package import GuildRuntime

/// The parts of the ledger for rooms that call more than three.
extension Ledger {
    /// The parts that executors and their runs call.
    package var runs: RunLedgers {
        RunLedgers(invocations: invocations, events: events, dispatch: dispatch, budgets: budgets)
    }

    /// The parts that finding and reporting accounts calls.
    package var accounts: AccountLedgers {
        AccountLedgers(budgets: budgets, invocations: invocations, reports: reports)
    }
}
