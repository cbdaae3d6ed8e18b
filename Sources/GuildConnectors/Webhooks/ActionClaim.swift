package import GuildDomain

/// An event that shows the mark of an action, whoever its sender is: the action's own result, or a copy.
///
/// Anyone can copy or invent a mark, so it counts only together with what our ledger holds of the action.
package protocol ActionClaim: Sendable {
    var action: ActionID { get }

    /// Whether the event shows what that action made.
    func isResult(of sent: SentAction) -> Bool
}

/// The ledger's record of an action.
package struct SentAction: Sendable {
    /// The operation that was performed.
    package let operation: String
    /// Its subject, in the system's canonical spelling.
    package let subject: String
    /// Its arguments, as the agent gave them.
    package let arguments: JSONValue
    /// The recorded result; nil while none is recorded.
    package let result: String?
    /// Whether it was tried at all.
    package let wasSent: Bool

    package init(operation: String, subject: String, arguments: JSONValue, result: String?, wasSent: Bool) {
        self.operation = operation
        self.subject = subject
        self.arguments = arguments
        self.result = result
        self.wasSent = wasSent
    }
}
