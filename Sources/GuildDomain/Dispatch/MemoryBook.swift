/// The admission state of a decision that is only tried: nothing of it is stored.
package struct MemoryBook: AdmissionBook {
    private var buckets: [String: RateBucket] = [:]
    private var windows: [WindowPlace: DebounceWindow] = [:]
    private var holds: [InvocationID: [String: TokenHold]] = [:]
    private let expected: [String: Int64]

    /// - Parameter expected: the usage of a run of each agent, by its name; `FairShare.expectedTokens` for any other.
    package init(expected: [String: Int64] = [:]) { self.expected = expected }

    /// The bucket's state; full before its first use.
    package func bucket(_ charge: AdmissionTerms.Charge, now: Timestamp) -> RateBucket {
        buckets[charge.bucket] ?? .full(charge.rate, at: now)
    }

    /// Stores the bucket's state.
    package mutating func keep(_ bucket: RateBucket, of charge: AdmissionTerms.Charge) {
        buckets[charge.bucket] = bucket
    }

    /// The given estimate, or the default one.
    package func expectedTokens(of agent: String) -> Int64 { expected[agent] ?? FairShare.expectedTokens }

    /// The hold of the invocation on the bucket.
    package func hold(of invocation: InvocationID, on bucket: String) -> TokenHold? { holds[invocation]?[bucket] }

    /// Stores a hold.
    package mutating func keep(_ hold: TokenHold, of invocation: InvocationID, on bucket: String) {
        holds[invocation, default: [:]][bucket] = hold
    }

    /// Returns every hold of the invocation to its bucket.
    package mutating func giveBack(_ invocation: InvocationID) {
        for (name, hold) in holds.removeValue(forKey: invocation) ?? [:] {
            buckets[name] = buckets[name]?.returning(hold.tokens).reserving(hold.isWaiting ? -hold.tokens : 0)
        }
    }

    /// Records a run's usage: first from its hold and, beyond that, from the buckets.
    package mutating func use(_ tokens: Int64, by invocation: InvocationID) {
        for (name, var hold) in holds[invocation] ?? [:] {
            let covered = min(hold.tokens, max(tokens, 0))
            hold.tokens -= covered
            holds[invocation]?[name] = hold
            buckets[name] = buckets[name]?.exceeded(by: tokens - covered)
        }
    }

    /// From now on every admitted run counts as having used what was expected of it.
    package mutating func settleHolds() { holds = [:] }

    /// The open window at the place.
    package func window(_ place: WindowPlace) -> DebounceWindow? { windows[place] }

    /// Stores an open window.
    package mutating func keep(_ window: DebounceWindow, at place: WindowPlace) { windows[place] = window }

    /// A tried decision meets an empty queue.
    package func queueDepth(upTo limit: Int) -> Int { 0 }

    /// Nothing is paused in a tried decision.
    package func pause(of agent: String, now: Timestamp) -> String? { nil }

    /// Closes the windows that are due, as the dispatcher would have.
    ///
    /// - Returns: how many.
    @discardableResult
    package mutating func close(until now: Timestamp) -> Int {
        let due = windows.filter { $0.value.dueAt <= now }
        for place in due.keys { windows[place] = nil }
        return due.count
    }
}
