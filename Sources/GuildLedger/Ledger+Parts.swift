/// The parts of a ledger, each with the writes and reads of one kind of record: `ledger.invocations.claim(…)`. A method
/// is one transaction. A component is given the parts that it calls.
extension Ledger {
    package var invocations: InvocationLedger { InvocationLedger(ledger: self) }
    package var actions: ActionLedger { ActionLedger(ledger: self) }
    package var events: EventLedger { EventLedger(ledger: self) }
    package var dispatch: DispatchLedger { DispatchLedger(ledger: self) }
    package var schedules: ScheduleLedger { ScheduleLedger(ledger: self) }
    package var budgets: BudgetLedger { BudgetLedger(ledger: self) }
    package var audit: AuditLedger { AuditLedger(ledger: self) }
    package var upkeep: UpkeepLedger { UpkeepLedger(ledger: self) }
    package var agents: AgentLedger { AgentLedger(ledger: self) }
    package var codex: CodexLedger { CodexLedger(ledger: self) }
    package var secrets: SecretLedger { SecretLedger(ledger: self) }
    package var workers: WorkerLedger { WorkerLedger(ledger: self) }
    package var reports: ReportLedger { ReportLedger(ledger: self) }
}
