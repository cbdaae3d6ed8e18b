/// Reads and writes pauses and health of agents.
struct AgentStatements {
    let db: LedgerTransaction
}
