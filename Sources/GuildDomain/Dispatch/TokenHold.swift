/// What was taken from a bucket of tokens for a run before anybody knew what it uses.
package struct TokenHold: Sendable, Hashable {
    /// What is left of it: what the run has used comes off.
    package var tokens: Int64
    /// The bucket's `excess` when the run's turn was reckoned.
    package var mark: Int64
    /// The run has not started yet; the bucket's `reserved` then has the tokens.
    package var isWaiting: Bool

    package init(tokens: Int64, mark: Int64, isWaiting: Bool = false) {
        self.tokens = tokens
        self.mark = mark
        self.isWaiting = isWaiting
    }
}
