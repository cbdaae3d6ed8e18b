package import GuildBudgets
package import GuildLedger
package import GuildRuntime

/// What rooms that call more than three parts of the ledger get of it.
extension Ledger {
    /// What executors and their runs call.
    package var runs: RunLedgers {
        RunLedgers(invocations: invocations, events: events, dispatch: dispatch, budgets: budgets)
    }

    /// What finding and reporting accounts calls.
    package var accounts: AccountLedgers {
        AccountLedgers(budgets: budgets, invocations: invocations, reports: reports)
    }
}
