/// The checks that an invocation has to pass before it is queued, according to the codex in force, for one event and
/// agent.
package struct AdmissionTerms: Sendable, Hashable {
    /// One bucket that it takes from.
    package struct Charge: Sendable, Hashable {
        /// What a bucket counts.
        package enum Unit: String, Sendable, CaseIterable {
            /// One for each invocation, taken beforehand.
            case requests
            /// The expected usage of a run, taken in advance and corrected by actual usage.
            case tokens
        }

        /// `agent/clerk`, `chapter/payments`, `organization`; a policy's bucket ends with its own name.
        package var bucket: String
        /// The rate at which the bucket fills.
        package var rate: Rate
        /// What the bucket counts.
        package var unit: Unit
        /// Whether one that would have to wait is refused instead.
        package var rejects: Bool
        /// The units that one request takes: more than one if the rate is below one a minute.
        package var cost: Int64 = 1
        /// Whether the bucket is the sender's. It limits runs: an event that joins a run takes nothing. A full bucket
        /// is forgotten, because anyone can invent any number of senders.
        package var isOfSender = false

        package init(bucket: String, rate: Rate, unit: Unit, rejects: Bool) {
            self.bucket = bucket
            self.rate = rate
            self.unit = unit
            self.rejects = rejects
        }

        /// Minutes of an hour: the cost of a request at a rate of `requests` an hour.
        private static let hourlyCost: Int64 = 60

        /// Requests by the hour, as many at once as come in within one unless `burst` says otherwise.
        package init(bucket: String, requestsPerHour requests: Int64, burst: Int64? = nil, rejects: Bool) {
            let units = (burst ?? requests).multipliedReportingOverflow(by: Self.hourlyCost)
            self.init(
                bucket: bucket,
                rate: Rate(perMinute: requests, burst: units.overflow ? Rate.largest : units.partialValue),
                unit: .requests, rejects: rejects)
            cost = Self.hourlyCost
        }

        /// `30 an hour`, `200000 tokens a minute`.
        package var text: String {
            switch unit {
            case .requests: "\(rate.perMinute) \(cost == Self.hourlyCost ? "an hour" : "a minute")"
            case .tokens: "\(rate.perMinute) tokens a minute"
            }
        }

        /// Requests or tokens that a full bucket holds.
        package var burst: Int64 { rate.burst / cost }
    }

    /// When the queue is too deep for it.
    package struct Backpressure: Sendable, Hashable {
        /// The depth of the queue past which the work is refused.
        package var depth: Int
        /// The delay that the sender is told.
        package var retryAfter: Duration

        package init(depth: Int, retryAfter: Duration) {
            self.depth = depth
            self.retryAfter = retryAfter
        }
    }

    /// The debounce window of the trigger; nil if it has none.
    package var window: DebounceWindow.Terms?
    /// The rate limits, in the order in which they are taken.
    package var charges: [Charge] = []
    /// Nil for a priority that is never refused.
    package var backpressure: Backpressure?

    /// No conditions.
    package init() {}

    /// The remaining checks after a wait for a slot: the slot itself is taken.
    package var afterWaiting: AdmissionTerms {
        var rest = self
        rest.charges.removeAll { $0.unit == .requests }
        return rest
    }
}

// MARK: In the ledger

extension AdmissionTerms {
    /// The form in the ledger.
    package var json: JSONValue {
        var object = JSONObject()
        if let window {
            object["window"] = [
                "key": .string(window.key), "length": .integer(window.window.microseconds),
                "longest": .integer(window.maxWait.microseconds),
            ]
        }
        if !charges.isEmpty { object["charges"] = .array(charges.map(\.json)) }
        if let backpressure {
            object["backpressure"] = [
                "depth": .integer(backpressure.depth), "retry_after": .integer(backpressure.retryAfter.microseconds),
            ]
        }
        return .object(object)
    }

    /// Reads the result of `json`; an unreadable value holds nothing back.
    package init(json: JSONValue) {
        if let found = json["window"], let key = found["key"]?.string, let length = found["length"]?.integer {
            window = DebounceWindow.Terms(
                key: key, window: .microseconds(length),
                maxWait: .microseconds(found["longest"]?.integer ?? length))
        }
        charges = (json["charges"]?.array ?? []).compactMap(Charge.init)
        if let found = json["backpressure"], let depth = found["depth"]?.integer {
            backpressure = Backpressure(
                depth: Int(clamping: depth), retryAfter: .microseconds(found["retry_after"]?.integer ?? 0))
        }
    }
}

extension AdmissionTerms.Charge {
    fileprivate var json: JSONValue {
        [
            "bucket": .string(bucket), "per_minute": .integer(rate.perMinute), "burst": .integer(rate.burst),
            "unit": .string(unit.rawValue), "rejects": .bool(rejects), "cost": .integer(cost),
        ]
    }

    fileprivate init?(json: JSONValue) {
        guard let bucket = json["bucket"]?.string, let perMinute = json["per_minute"]?.integer,
            let unit = json["unit"]?.string.flatMap(Unit.init)
        else { return nil }
        self.init(
            bucket: bucket, rate: Rate(perMinute: perMinute, burst: json["burst"]?.integer), unit: unit,
            rejects: json["rejects"]?.bool ?? false)
        cost = max(1, json["cost"]?.integer ?? 1)
    }
}
