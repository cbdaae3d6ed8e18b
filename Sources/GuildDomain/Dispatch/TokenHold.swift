/// The tokens taken from a bucket for a run before its usage is known.
package struct TokenHold: Sendable, Hashable {
    /// The rest of it: actual usage is deducted.
    package var tokens: Int64
    /// The bucket's `excess` when the run's slot was computed.
    package var mark: Int64
    /// The run has not started yet; the bucket's `reserved` then has the tokens.
    package var isWaiting: Bool

    package init(tokens: Int64, mark: Int64, isWaiting: Bool = false) {
        self.tokens = tokens
        self.mark = mark
        self.isWaiting = isWaiting
    }
}
