package import GuildDomain

/// An event that shows the mark of an action, whoever its sender is: the action's own result, or a copy.
///
/// Anyone can copy or invent a mark, so it counts only together with what our ledger holds of the action.
package protocol ActionClaim: Sendable {
    var action: ActionID { get }

    /// Whether the event shows what that action made.
    func isResult(of sent: SentAction) -> Bool
}

/// What the ledger holds of an action.
package struct SentAction: Sendable {
    package let operation: String
    package let subject: String
    package let arguments: JSONValue
    /// What it brought; nil while that is not recorded.
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
