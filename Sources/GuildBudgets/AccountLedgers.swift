package import GuildLedger

/// The parts of the ledger that know accounts: by their books, and by the ids of runs and events.
package struct AccountLedgers: Sendable {
    /// The books.
    package var budgets: BudgetLedger
    /// The runs that accounts of invocations belong to.
    package var invocations: InvocationLedger
    /// The usage, and the ids that people shorten.
    package var reports: ReportLedger

    package init(budgets: BudgetLedger, invocations: InvocationLedger, reports: ReportLedger) {
        self.budgets = budgets
        self.invocations = invocations
        self.reports = reports
    }
}
