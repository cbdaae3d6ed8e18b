/// What an invocation has to pass before it is queued, as the codex in force says it for one event and agent.
package struct AdmissionTerms: Sendable, Hashable {
    /// One bucket that it takes from.
    package struct Charge: Sendable, Hashable {
        package enum Unit: String, Sendable, CaseIterable {
            /// One for each invocation, taken beforehand.
            case requests
            /// What a run is expected to use, taken beforehand and put right as it is used.
            case tokens
        }

        /// `agent/clerk`, `chapter/payments`, `organization`; a policy's bucket ends with its own name.
        package var bucket: String
        package var rate: Rate
        package var unit: Unit
        /// Whether one that would have to wait is refused instead.
        package var rejects: Bool
        /// Units that one request takes: more than one where the rate is slower than one a minute.
        package var cost: Int64 = 1
        /// Of who sent the event. It is about runs: an event that joins one takes nothing. And a bucket that is full is
        /// forgotten, for there are as many senders as anyone likes to invent.
        package var isOfSender = false

        package init(bucket: String, rate: Rate, unit: Unit, rejects: Bool) {
            self.bucket = bucket
            self.rate = rate
            self.unit = unit
            self.rejects = rejects
        }

        /// Minutes of an hour: what a request costs where `requests` come in within an hour.
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
        package var depth: Int
        package var retryAfter: Duration

        package init(depth: Int, retryAfter: Duration) {
            self.depth = depth
            self.retryAfter = retryAfter
        }
    }

    package var window: DebounceWindow.Terms?
    package var charges: [Charge] = []
    /// Nil for a priority that is never refused.
    package var backpressure: Backpressure?

    package init() {}

    /// What is left to pass once it has waited for its turn: the turn itself is taken.
    package var afterWaiting: AdmissionTerms {
        var rest = self
        rest.charges.removeAll { $0.unit == .requests }
        return rest
    }
}

// MARK: In the ledger

extension AdmissionTerms {
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

    /// What `json` gave; what cannot be read holds nothing up.
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
