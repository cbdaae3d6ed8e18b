import GuildDomain

extension Trigger {
    init?(_ reader: NodeReader) {
        let trigger = reader.mapping { mapping -> Trigger? in
            guard let kind = mapping.required("type", "webhook, feed, event, cron or manual")?.read(.oneOf(Kind.self))
            else {
                Self.askForEveryKey(mapping)
                return nil
            }
            var trigger = Trigger(kind: kind, location: reader.location, path: reader.path.text)
            trigger.source = mapping["source"]?.eventSource()
            trigger.events = mapping.either("events", older: "eventType")?.eventTypes(of: trigger.source) ?? []
            trigger.conditions = mapping["conditions"]?.eventPattern()
            trigger.priority = mapping["priority"]?.read(.priority)
            trigger.debounce = mapping["debounce"].flatMap { DebounceSettings($0) }
            if kind == .feed { reader.notRunYet(.feedTrigger) }
            // Only a schedule has the keys of one: elsewhere they are unknown and reported.
            if kind == .cron { trigger.cron = CronTrigger(mapping) }
            return trigger
        }
        guard let trigger else { return nil }
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
        let timezone = mapping["timezone"]?.read(.timezone) ?? mapping.reader.scope.findings.timezone
        let intent = mapping["intent"]?.filledText()
        let name = mapping["name"]?.read(.dnsLabel)
        let dst = mapping["dst"]?.read(.oneOf(DSTPolicy.self))
        let catchUp = mapping["catchUp"].flatMap { CronTrigger.CatchUp($0) }
        let overlap = mapping["overlap"]?.read(.oneOf(Overlap.self))
        let jitter = mapping["jitter"]?.read(.duration())
        let perPerson = mapping["perPerson"]?.bool() ?? false
        let on = ContainerSetting.list(mapping["on"])
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
            let schedule = try CronSchedule(parsing: text)
            if !schedule.isEverDue {
                problem(
                    "\(quoted(text)) is never due: no such day exists", expected: "a date that a calendar has",
                    severity: .warning)
            }
            return (schedule, text)
        } catch {
            let field = error.field.map { "\($0) " } ?? ""
            problem("found \(field)\(quoted(error.found))", expected: error.expected)
            return nil
        }
    }
}

extension DebounceSettings {
    /// A window, or a mapping with more.
    init?(_ reader: NodeReader) {
        guard reader.isMapping else {
            guard let window = reader.read(.duration(atLeast: .milliseconds(1))) else { return nil }
            self.init(window: window)
            return
        }
        guard let settings = reader.mapping({ Self(mapping: $0) }) else { return nil }
        self = settings
    }

    private init?(mapping debounce: MappingReader) {
        let key = debounce["key"]?.filledText()
        // A key names members of the event itself; only a template that does not compile is certainly wrong.
        debounce["key"]?.report(PromptCheck.findings(in: key ?? "").filter { $0.severity == .error })
        let longest = debounce["maxWait"]?.read(.duration(atLeast: .milliseconds(1)))
        let window = debounce.required("window", "a duration")?.read(.duration(atLeast: .milliseconds(1)))
        guard let window else { return nil }
        if let longest, longest < window {
            debounce["maxWait"]?.problem("a wait that is shorter than the window", expected: "at least \(window)")
        }
        self.init(window: window, key: key, maxWait: longest)
    }
}

extension CronTrigger.CatchUp {
    /// A policy, or a mapping with the window in which it holds.
    fileprivate init?(_ reader: NodeReader) {
        var window: Duration?
        let policy: CronTrigger.CatchUpPolicy?
        if reader.isMapping {
            policy = reader.mapping { catchUp in
                window = catchUp["window"]?.read(.duration())
                return catchUp.required("policy", "skip, run_once or run_all")?
                    .read(.oneOf(CronTrigger.CatchUpPolicy.self))
            }
        } else {
            policy = reader.read(.oneOf(CronTrigger.CatchUpPolicy.self))
        }
        guard let policy else { return nil }
        self.init(policy: policy, window: window ?? CronTrigger.defaultCatchUpWindow)
    }
}
