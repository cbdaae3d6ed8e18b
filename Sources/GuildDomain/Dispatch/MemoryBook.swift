/// The book of a decision that is only tried: nothing of it is kept.
package struct MemoryBook: AdmissionBook {
    private var buckets: [String: RateBucket] = [:]
    private var windows: [WindowPlace: DebounceWindow] = [:]

    package init() {}

    package mutating func bucket(_ charge: AdmissionTerms.Charge, now: Timestamp) -> RateBucket {
        buckets[charge.bucket] ?? .full(charge.rate, at: now)
    }

    package mutating func keep(_ bucket: RateBucket, of charge: AdmissionTerms.Charge) {
        buckets[charge.bucket] = bucket
    }

    package func window(_ place: WindowPlace) -> DebounceWindow? { windows[place] }

    package mutating func keep(_ window: DebounceWindow, at place: WindowPlace) { windows[place] = window }

    /// What is tried meets an empty queue.
    package func queueDepth(upTo limit: Int) -> Int { 0 }

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
