import GuildDomain

extension Trigger {
    init?(_ reader: NodeReader) {
        let trigger = reader.mapping { mapping -> Trigger? in
            guard let kind = mapping.required("type", "webhook, feed, event, cron or manual")?.oneOf(Kind.self) else {
                Self.askForEveryKey(mapping)
                return nil
            }
            var trigger = Trigger(kind: kind, location: reader.location, path: reader.path.text)
            trigger.source = mapping["source"]?.filledText()
            trigger.events = mapping.either("events", older: "eventType")?.globs() ?? []
            trigger.conditions = mapping["conditions"]?.eventPattern()
            trigger.priority = mapping["priority"]?.priority()
            trigger.debounce = mapping["debounce"]?.debounce()
            if kind == .feed { reader.notRunYet(.feedTrigger) }
            // Only a schedule has the keys of one: elsewhere they are unknown and reported.
            if kind == .cron { trigger.cron = CronTrigger(mapping) }
            return trigger
        }
        guard let trigger = trigger.flatMap(\.self) else { return nil }
        self = trigger
    }

    /// If the type is missing, every key of any type is known: one cause, one problem.
    private static func askForEveryKey(_ mapping: MappingReader) {
        for key in ["source", "events", "eventType", "conditions", "priority", "debounce"] + CronTrigger.keys {
            _ = mapping[key]
        }
    }
}

extension CronTrigger {
    static let keys = [
        "name", "schedule", "timezone", "intent", "dst", "catchUp", "overlap", "jitter", "perPerson", "on",
    ]

    fileprivate init?(_ mapping: MappingReader) {
        let timezone = mapping["timezone"]?.timezone() ?? mapping.reader.scope.findings.timezone
        let intent = mapping["intent"]?.filledText()
        let name = mapping["name"]?.dnsLabel()
        let dst = mapping["dst"]?.oneOf(DSTPolicy.self)
        let catchUp = mapping["catchUp"]?.catchUp()
        let overlap = mapping["overlap"]?.oneOf(Overlap.self)
        let jitter = mapping["jitter"]?.duration()
        let perPerson = mapping["perPerson"]?.bool() ?? false
        let on = mapping["on"]?.containers() ?? []
        guard let (schedule, text) = mapping.required("schedule", "five or six cron fields")?.cronSchedule() else {
            return nil
        }
        let identity = name ?? Self.derivedName(text, timezone, intent)
        self.init(name: identity, schedule: schedule, expression: text, timezone: timezone)
        self.intent = intent
        self.dst = dst ?? self.dst
        self.catchUp = catchUp ?? self.catchUp
        self.overlap = overlap ?? self.overlap
        self.jitter = jitter ?? self.jitter
        self.perPerson = perPerson
        self.on = on
    }

    /// A digest of the schedule's content, so that reordering triggers repeats no firing.
    private static func derivedName(_ expression: String, _ timezone: String, _ intent: String?) -> String {
        let fields = expression.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let digest = Identifier<CronTrigger>(derivedFrom: [fields, timezone, intent ?? ""]).description.lowercased()
        return "cron-" + digest.suffix(derivedNameDigits)
    }

    /// 60 bits.
    private static let derivedNameDigits = 12
}

extension NodeReader {
    func cronSchedule() -> (CronSchedule, String)? {
        guard let text = filledText() else { return nil }
        do throws(CronSchedule.Problem) {
            return (try CronSchedule(parsing: text), text)
        } catch {
            let field = error.field.map { "\($0) " } ?? ""
            problem("found \(field)\(quoted(error.found))", expected: error.expected)
            return nil
        }
    }

    func debounce() -> DebounceSettings? {
        guard isMapping else {
            return duration(atLeast: .milliseconds(1)).map { DebounceSettings(window: $0) }
        }
        return mapping { debounce -> DebounceSettings? in
            let key = debounce["key"]?.filledText()
            // A key names members of the event itself; only a template that does not compile is certainly wrong.
            debounce["key"]?.report(PromptCheck.findings(in: key ?? "").filter { $0.severity == .error })
            let longest = debounce["maxWait"]?.duration(atLeast: .milliseconds(1))
            guard let window = debounce.required("window", "a duration")?.duration(atLeast: .milliseconds(1)) else {
                return nil
            }
            if let longest, longest < window {
                debounce["maxWait"]?.problem("a wait that is shorter than the window", expected: "at least \(window)")
            }
            return DebounceSettings(window: window, key: key, maxWait: longest)
        }.flatMap(\.self)
    }

    fileprivate func catchUp() -> CronTrigger.CatchUp? {
        guard isMapping else {
            return oneOf(CronTrigger.CatchUpPolicy.self).map {
                CronTrigger.CatchUp(policy: $0, window: CronTrigger.defaultCatchUpWindow)
            }
        }
        return mapping { catchUp -> CronTrigger.CatchUp? in
            let window = catchUp["window"]?.duration()
            let policy = catchUp.required("policy", "skip, run_once or run_all")?.oneOf(CronTrigger.CatchUpPolicy.self)
            guard let policy else { return nil }
            return CronTrigger.CatchUp(policy: policy, window: window ?? CronTrigger.defaultCatchUpWindow)
        }.flatMap(\.self)
    }
}
