/// Where buckets, windows and the queue are kept: the ledger, or memory where a decision is only tried.
package protocol AdmissionBook {
    mutating func bucket(_ charge: AdmissionTerms.Charge, now: Timestamp) throws -> RateBucket
    mutating func keep(_ bucket: RateBucket, of charge: AdmissionTerms.Charge) throws
    func window(_ place: WindowPlace) throws -> DebounceWindow?
    mutating func keep(_ window: DebounceWindow, at place: WindowPlace) throws
    /// How many invocations are queued, counted no further than to `limit`.
    func queueDepth(upTo limit: Int) throws -> Int
    /// Why nothing of an agent is started, or nil.
    func pause(of agent: String, now: Timestamp) throws -> String?
}

/// What makes a window one window.
package struct WindowPlace: Sendable, Hashable {
    package var agent: String
    /// The trigger or rule.
    package var rule: String
    package var key: String

    package init(agent: String, rule: String, key: String) {
        self.agent = agent
        self.rule = rule
        self.key = key
    }
}

/// What one (event, rule, agent) asks to start.
package struct AdmissionRequest: Sendable, Hashable {
    package var invocation: InvocationID
    package var agent: String
    package var rule: String
    package var priority: Priority

    package init(invocation: InvocationID, agent: String, rule: String, priority: Priority) {
        self.invocation = invocation
        self.agent = agent
        self.rule = rule
        self.priority = priority
    }
}

/// What becomes of it.
package enum Admission: Sendable, Hashable {
    /// Queued at once.
    case started
    /// The first of a window, which starts when the window closes.
    case opened(DebounceWindow)
    /// One more of a window that is open.
    case joined(DebounceWindow)
    /// Its turn comes at `until`.
    case delayed(until: Timestamp, reason: String)
    case rejected(until: Timestamp, reason: String)
    case paused(reason: String)
}

/// The way of an invocation into the queue: pause → rate limits → debounce → backpressure (spec "Dispatch"). It changes
/// the book by what it decides and nothing else, so that one transaction holds both.
package enum AdmissionRule {
    /// Who would have to wait longer than this for a rate is rejected.
    package static let longestDelay = Duration.seconds(24 * 3600)

    package static func admit(
        _ request: AdmissionRequest, _ terms: AdmissionTerms, in book: inout some AdmissionBook, now: Timestamp
    ) throws -> Admission {
        if let reason = try book.pause(of: request.agent, now: now) { return .paused(reason: reason) }
        if let wait = try takeTurn(terms.charges, in: &book, now: now) { return wait }
        guard let window = terms.window else {
            return try refusal(request, terms, book, now: now) ?? .started
        }
        let place = WindowPlace(agent: request.agent, rule: request.rule, key: window.key)
        if let open = try book.window(place) {
            let joined = open.joined(window, priority: request.priority, at: now)
            try book.keep(joined, at: place)
            return .joined(joined)
        }
        if let refusal = try refusal(request, terms, book, now: now) { return refusal }
        let opened = DebounceWindow(opening: request.invocation, window, priority: request.priority, at: now)
        try book.keep(opened, at: place)
        return .opened(opened)
    }

    /// Takes from every bucket or, where one refuses, from none.
    ///
    /// - Returns: nil where the turn is now.
    package static func takeTurn(
        _ charges: [AdmissionTerms.Charge], in book: inout some AdmissionBook, now: Timestamp
    ) throws -> Admission? {
        var taken: [(charge: AdmissionTerms.Charge, bucket: RateBucket)] = []
        var longest: (wait: Duration, charge: AdmissionTerms.Charge)?
        for charge in charges {
            let bucket = try book.bucket(charge, now: now).filled(charge.rate, at: now)
                .taking(charge.unit == .requests ? 1 : 0)
            let wait = bucket.wait(charge.rate)
            if wait > .zero, charge.rejects || wait > longestDelay {
                return .rejected(until: now + wait, reason: reason(charge))
            }
            if wait > longest?.wait ?? .zero { longest = (wait, charge) }
            taken.append((charge, bucket))
        }
        for (charge, bucket) in taken { try book.keep(bucket, of: charge) }
        return longest.map { .delayed(until: now + $0.wait, reason: reason($0.charge)) }
    }

    private static func reason(_ charge: AdmissionTerms.Charge) -> String {
        let what = charge.unit == .requests ? "" : " tokens"
        return "\(charge.bucket) is at its limit of \(charge.rate.perMinute)\(what) a minute"
    }

    private static func refusal(
        _ request: AdmissionRequest, _ terms: AdmissionTerms, _ book: some AdmissionBook, now: Timestamp
    ) throws -> Admission? {
        guard let limit = terms.backpressure, request.priority != .critical,
            try book.queueDepth(upTo: limit.depth) >= limit.depth
        else { return nil }
        return .rejected(
            until: now + limit.retryAfter,
            reason: "\(limit.depth) invocations or more are queued, and then no \(request.priority.name) work is taken")
    }
}
