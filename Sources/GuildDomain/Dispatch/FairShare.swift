/// Weighted fair sharing between chapters within one priority, by the tokens they use: start-time fair queueing (Goyal,
/// Vin and Cheng, SIGCOMM 1996) with tokens for bytes.
///
/// The chapter with the least virtual time goes next; its time then grows by tokens ÷ weight. A chapter that was away
/// starts at the least of the active ones: it is owed nothing for the time in which it wanted nothing.
package enum FairShare {
    /// One chapter at one priority.
    package struct Chapter: Sendable, Hashable {
        /// The chapter's name.
        package var name: String
        /// In `unit`s of a token ÷ weight.
        package var virtualTime: Int64
        /// Its weight; a larger one gets more slots.
        package var weight: Int64
        /// Its running invocations at this priority.
        package var running: Int
        /// Its running invocations at any priority, as slots count them.
        package var slots: Int
        /// Slots that it is guaranteed.
        package var guaranteed: Int

        package init(
            name: String, virtualTime: Int64 = 0, weight: Int64 = 1, running: Int = 0, slots: Int = 0,
            guaranteed: Int = 0
        ) {
            self.name = name
            self.virtualTime = virtualTime
            self.weight = max(1, weight)
            self.running = running
            self.slots = slots
            self.guaranteed = guaranteed
        }
    }

    /// Parts of a token, so that weights divide it evenly enough.
    package static let unit: Int64 = 1000
    /// The assumed usage of a run before any real usage is known.
    package static let expectedTokens: Int64 = 4000

    /// By how much a chapter's virtual time grows.
    package static func growth(tokens: Int64, weight: Int64) -> Int64 {
        Int64(clamping: Int128(max(tokens, 0)) * Int128(unit) / Int128(max(weight, 1)))
    }

    /// How many of the slots a share guarantees.
    package static func guaranteed(share: Double, of slots: Int) -> Int {
        guard share > 0, slots > 0, share.isFinite else { return 0 }
        return min(slots, Int((min(share, 1) * Double(slots)).rounded(.up)))
    }

    /// The chapters in the order in which they may take the next slot: first those below their guarantee, then by
    /// virtual time.
    ///
    /// - Parameter clock: the virtual time of the last chosen one; no chapter counts as earlier.
    package static func order(_ chapters: [Chapter], clock: Int64) -> [Chapter] {
        chapters.sorted { left, right in
            let owed = (left.slots < left.guaranteed, right.slots < right.guaranteed)
            if owed.0 != owed.1 { return owed.0 }
            let times = (expected(left, clock), expected(right, clock))
            return times.0 == times.1 ? left.name < right.name : times.0 < times.1
        }
    }

    /// The starting time of a chapter that is chosen now.
    package static func start(_ chapter: Chapter, clock: Int64) -> Int64 { max(chapter.virtualTime, clock) }

    private static func expected(_ chapter: Chapter, _ clock: Int64) -> Int64 {
        let running = growth(
            tokens: expectedTokens.multipliedReportingOverflow(by: Int64(chapter.running)).partialValue,
            weight: chapter.weight)
        return start(chapter, clock: clock).addingSaturated(running)
    }
}
