// The signals that those sleep on who work with one part of the ledger (`Topic`).

extension InvocationLedger {
    /// Raised when runs wait for an executor, or may have become free to run.
    package var ready: Signal { ledger.signal(.invocations) }
    /// Raised when somebody asks for a run's cancellation.
    package var cancellations: Signal { ledger.signal(.cancellations) }
}

extension ActionLedger {
    /// Raised when actions wait to be done.
    package var ready: Signal { ledger.signal(.actions) }
}

extension DispatchLedger {
    /// Raised when events wait for their decision.
    package var arrivals: Signal { ledger.signal(.inbound) }
}

extension ScheduleLedger {
    /// Raised when schedules were paused or resumed, or a budget that catching up depends on has changed.
    package var changes: Signal { ledger.signal(.schedules) }
    /// Raised when a run may have ended that a buffered firing waits for.
    package var runEnds: Signal { ledger.signal(.outcomes) }
}

extension AuditLedger {
    /// Raised when the log may be longer.
    package var additions: Signal { ledger.signal(.audit) }
}

extension ReportLedger {
    /// Raised when something ended, or waits for something else.
    package var outcomes: Signal { ledger.signal(.outcomes) }
}
