/// What was taken from a bucket of tokens for a run before anybody knew what it uses.
package struct TokenHold: Sendable, Hashable {
    /// What is left of it: what the run has used comes off.
    package var tokens: Int64
    /// The bucket's `excess` when the run's turn was reckoned.
    package var mark: Int64

    package init(tokens: Int64, mark: Int64) {
        self.tokens = tokens
        self.mark = mark
    }
}
