package import GuildDomain

/// A connection to one external system, as the executors see it.
package protocol OperationPerformer: Sendable {
    /// Performs one operation and gives a small result, the same for the same state of the system.
    ///
    /// - Parameters:
    ///   - action: the identity of a write, its idempotency key; nil for a read.
    ///   - lastTry: the latest instant at which an earlier try can have been sent; nil for the first. Its result is
    ///     searched for if the system does not recognise the key.
    /// - Throws: `undecided` while an earlier try that is not there may still be performed.
    func perform(
        _ operation: String, arguments: JSONValue, action: ActionID?, lastTry: Timestamp?
    ) async throws(OperationFailure) -> JSONValue

    /// Refuses a write whose place has changed since the event that it answers.
    func confirm(_ operation: String, arguments: JSONValue, against event: Event) async throws(OperationFailure)

    /// The guild's own account there, by the credential alone; nil in a system without accounts.
    func ownIdentity() async throws(OperationFailure) -> SystemIdentity?
}

extension OperationPerformer {
    /// Most systems never give a name to something else later.
    package func confirm(
        _ operation: String, arguments: JSONValue, against event: Event
    ) async throws(OperationFailure) {}

    package func ownIdentity() async throws(OperationFailure) -> SystemIdentity? { nil }
}
