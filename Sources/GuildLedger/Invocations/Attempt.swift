/// The number of an attempt at a run or an action: each claim raises it, and what an older one writes is refused.
enum Attempt {
    /// Far more than are ever made.
    private static let limit = 1_000_000_000

    /// The number for the next claim, as SQL. A number that no claim has made does not overflow: the row's reader ends it.
    static let next = "CASE WHEN attempt < \(limit) THEN attempt + 1 ELSE attempt END"

    /// The numbers that are possible.
    ///
    /// - Parameter isHeld: whether a claim holds the work now.
    static func range(isHeld: Bool) -> Range<Int> { (isHeld ? 1 : 0)..<limit }
}
