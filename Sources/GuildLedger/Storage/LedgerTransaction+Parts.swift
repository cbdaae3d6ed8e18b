/// The statements of one kind of record each, for use inside a transaction: `db.accounts.save(row)`.
extension LedgerTransaction {
    var invocations: InvocationStatements { InvocationStatements(db: self) }
    var actions: ActionStatements { ActionStatements(db: self) }
    var events: EventStatements { EventStatements(db: self) }
    var dispatch: DispatchStatements { DispatchStatements(db: self) }
    var schedules: ScheduleStatements { ScheduleStatements(db: self) }
    var budgets: BudgetStatements { BudgetStatements(db: self) }
    var audit: AuditStatements { AuditStatements(db: self) }
    var agents: AgentStatements { AgentStatements(db: self) }
    var codex: CodexStatements { CodexStatements(db: self) }
    var secrets: SecretStatements { SecretStatements(db: self) }
    var reports: ReportStatements { ReportStatements(db: self) }
    var caps: CapStatements { CapStatements(db: self) }
    var accounts: AccountStatements { AccountStatements(db: self) }
    var rates: RateStatements { RateStatements(db: self) }
    var fairShares: FairShareStatements { FairShareStatements(db: self) }
    var retention: RetentionStatements { RetentionStatements(db: self) }
    var closing: ClosingStatements { ClosingStatements(db: self) }
}
