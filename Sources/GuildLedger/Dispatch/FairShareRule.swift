import GuildDomain

/// How the slots of a priority are divided between chapters.
package struct FairShareRule: Sendable, Hashable {
    /// By chapter, in lower case; 1 if nothing is said.
    package var weights: [String: Int]
    /// Fractions of the slots, by chapter, in lower case.
    package var guarantees: [String: Double]
    /// The slots that the fractions are of.
    package var slots: Int

    package init(weights: [String: Int] = [:], guarantees: [String: Double] = [:], slots: Int) {
        self.weights = weights
        self.guarantees = guarantees
        self.slots = slots
    }
}
