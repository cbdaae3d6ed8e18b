import GuildDomain

/// The usage of an agent's runs so far.
package struct RunMean: Sendable, Hashable {
    /// All classes of tokens, rounded up.
    package let tokens: Int64
    /// How many runs it is the mean of.
    package let runs: Int

    package init(tokens: Int64, runs: Int) {
        self.tokens = tokens
        self.runs = runs
    }
}
