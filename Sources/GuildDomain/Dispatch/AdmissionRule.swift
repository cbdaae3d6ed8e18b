/// The store of buckets, windows and the queue: the ledger, or memory if a decision is only tried.
package protocol AdmissionBook {
    func bucket(_ charge: AdmissionTerms.Charge, now: Timestamp) throws -> RateBucket
    mutating func keep(_ bucket: RateBucket, of charge: AdmissionTerms.Charge) throws
    func window(_ place: WindowPlace) throws -> DebounceWindow?
    mutating func keep(_ window: DebounceWindow, at place: WindowPlace) throws
    /// How many invocations are queued, counted no further than to `limit`.
    func queueDepth(upTo limit: Int) throws -> Int
    /// The expected usage of one run of the agent.
    func expectedTokens(of agent: String) throws -> Int64
    /// The amount held on a bucket of tokens for an invocation.
    func hold(of invocation: InvocationID, on bucket: String) throws -> TokenHold?
    mutating func keep(_ hold: TokenHold, of invocation: InvocationID, on bucket: String) throws
    /// Returns the amount that was held for an invocation and not used.
    mutating func giveBack(_ invocation: InvocationID) throws
    /// Why nothing of an agent is started, or nil.
    func pause(of agent: String, now: Timestamp) throws -> String?
}

/// The identity of a window.
package struct WindowPlace: Sendable, Hashable {
    /// The agent that the window's run calls.
    package var agent: String
    /// The trigger or rule.
    package var rule: String
    /// The rendered key, with the container.
    package var key: String

    package init(agent: String, rule: String, key: String) {
        self.agent = agent
        self.rule = rule
        self.key = key
    }
}

/// What one (event, rule, agent) requests to start.
package struct AdmissionRequest: Sendable, Hashable {
    /// The invocation that would start.
    package var invocation: InvocationID
    /// The agent that it would run.
    package var agent: String
    /// The trigger or rule that matched.
    package var rule: String
    /// The urgency of the invocation.
    package var priority: Priority

    package init(invocation: InvocationID, agent: String, rule: String, priority: Priority) {
        self.invocation = invocation
        self.agent = agent
        self.rule = rule
        self.priority = priority
    }
}

/// The result of a request.
package enum Admission: Sendable, Hashable {
    /// Queued at once.
    case started
    /// The first of a window, which starts when the window closes.
    case opened(DebounceWindow)
    /// One more of a window that is open.
    case joined(DebounceWindow)
    /// The slot is at `until`.
    case delayed(until: Timestamp, reason: String)
    case rejected(until: Timestamp, reason: String)
    case paused(reason: String)
}

/// The checks before an invocation enters the queue: pause → rate limits → debounce → backpressure (docs/dispatch.md).
/// They change the book only by their own decision, so that one transaction holds both.
package enum AdmissionRule {
    /// A request that would wait longer than this for a rate is rejected.
    package static let longestDelay = Duration.seconds(24 * 3600)

    /// Applies the checks in their order; the first that does not admit decides.
    package static func admit(
        _ request: AdmissionRequest, _ terms: AdmissionTerms, in book: inout some AdmissionBook, now: Timestamp
    ) throws -> Admission {
        let admission = try decide(request, terms, in: &book, now: now)
        switch admission {
        case .started, .opened, .delayed: break
        // It starts no run of its own.
        case .joined, .rejected, .paused: try book.giveBack(request.invocation)
        }
        return admission
    }

    private static func decide(
        _ request: AdmissionRequest, _ terms: AdmissionTerms, in book: inout some AdmissionBook, now: Timestamp
    ) throws -> Admission {
        if let reason = try book.pause(of: request.agent, now: now) { return .paused(reason: reason) }
        let place = terms.window.map { WindowPlace(agent: request.agent, rule: request.rule, key: $0.key) }
        let open = try place.flatMap { try book.window($0) }
        // The window took its tokens, and its sender's slot, when it opened.
        let charges = open == nil ? terms.charges : terms.charges.filter { $0.unit == .requests && !$0.isOfSender }
        if let wait = try takeTurn(charges, for: request, in: &book, now: now) { return wait }
        guard let window = terms.window, let place else {
            return try refusal(request, terms, book, now: now) ?? .started
        }
        if let open {
            let joined = open.joined(window, priority: request.priority, at: now)
            try book.keep(joined, at: place)
            return .joined(joined)
        }
        if let refusal = try refusal(request, terms, book, now: now) { return refusal }
        let opened = DebounceWindow(opening: request.invocation, window, priority: request.priority, at: now)
        try book.keep(opened, at: place)
        return .opened(opened)
    }

    /// Takes from every bucket, or from none if one refuses.
    ///
    /// - Parameter run: the run that takes the slot, for the tokens that it will use; without it tokens only make the
    ///   request wait.
    /// - Returns: nil if the slot is now.
    package static func takeTurn(
        _ charges: [AdmissionTerms.Charge], for run: AdmissionRequest? = nil, in book: inout some AdmissionBook,
        now: Timestamp
    ) throws -> Admission? {
        var taken: [(charge: AdmissionTerms.Charge, taking: Taking)] = []
        var longest: (wait: Duration, charge: AdmissionTerms.Charge)?
        for charge in charges {
            let taking = try taking(charge, for: run, book, now: now)
            let wait = taking.wait
            if wait > .zero, charge.rejects && !taking.isLate || wait > longestDelay {
                return .rejected(until: now + wait, reason: reason(charge))
            }
            if wait > longest?.wait ?? .zero { longest = (wait, charge) }
            taken.append((charge, taking))
        }
        for (charge, taking) in taken {
            guard let run, var hold = taking.hold else {
                try book.keep(taking.bucket, of: charge)
                continue
            }
            // It waits from now on, or it has waited until now.
            let waits = longest != nil
            let change = waits == hold.isWaiting ? 0 : waits ? hold.tokens : -hold.tokens
            hold.isWaiting = waits
            try book.keep(taking.bucket.reserving(change), of: charge)
            try book.keep(hold, of: run.invocation, on: charge.bucket)
        }
        return longest.map { .delayed(until: now + $0.wait, reason: reason($0.charge)) }
    }

    /// The result of taking from one bucket.
    private struct Taking {
        var bucket: RateBucket
        var wait: Duration
        var hold: TokenHold?
        /// It was taken earlier.
        var isLate = false
    }

    /// A run takes its expected tokens once, and at most a full bucket, because otherwise it could never start under a
    /// limit that does not let it wait. When its slot has come, it waits longer for usage beyond expectation by others.
    private static func taking(
        _ charge: AdmissionTerms.Charge, for run: AdmissionRequest?, _ book: some AdmissionBook, now: Timestamp
    ) throws -> Taking {
        let bucket = try book.bucket(charge, now: now).filled(charge.rate, at: now)
        guard charge.unit == .tokens else {
            let taken = bucket.taking(charge.cost)
            return Taking(bucket: taken, wait: taken.wait(charge.rate))
        }
        guard let run else { return Taking(bucket: bucket, wait: bucket.wait(charge.rate)) }
        if var hold = try book.hold(of: run.invocation, on: charge.bucket) {
            let wait = bucket.delay(since: hold.mark, charge.rate)
            hold.mark = bucket.excess
            return Taking(bucket: bucket, wait: wait, hold: hold, isLate: true)
        }
        let tokens = min(max(try book.expectedTokens(of: run.agent), 1), charge.rate.burst)
        let taken = bucket.taking(tokens)
        return Taking(
            bucket: taken, wait: taken.wait(charge.rate), hold: TokenHold(tokens: tokens, mark: bucket.excess))
    }

    private static func reason(_ charge: AdmissionTerms.Charge) -> String {
        "\(charge.bucket) is at its limit of \(charge.text)"
    }

    private static func refusal(
        _ request: AdmissionRequest, _ terms: AdmissionTerms, _ book: some AdmissionBook, now: Timestamp
    ) throws -> Admission? {
        guard let limit = terms.backpressure, request.priority != .critical,
            try book.queueDepth(upTo: limit.depth) >= limit.depth
        else { return nil }
        return .rejected(
            until: now + limit.retryAfter,
            reason: "\(limit.depth) or more invocations are queued, so \(request.priority.name) work is refused")
    }
}
