/// Tells that another process may have committed: the log of a file is watched, a server notifies.
///
/// Whether somebody else did commit is for the engine to say (`LedgerEngine.hasForeignCommits`).
package protocol WakeUps: Sendable {
    /// From now on calls `woken` at the next commit, our own included, and again at the first one after each `arm`. A
    /// second call changes nothing.
    func begin(_ woken: @escaping @Sendable () -> Void)
    func arm()
    /// Tells whether the commit that was last told was our own: those of others may then be told a little later.
    func lastWrite(isOurs: Bool)
    /// Ends the calls.
    func end()
}
