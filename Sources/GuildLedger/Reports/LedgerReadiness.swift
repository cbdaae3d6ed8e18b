/// A ledger's report on a serving process, all of one moment.
package struct LedgerReadiness: Sendable {
    /// The commit that was offered last.
    package let head: CodexHead?
    package let secrets: [SecretStanding]
    package let held: [HeldStanding]
}
