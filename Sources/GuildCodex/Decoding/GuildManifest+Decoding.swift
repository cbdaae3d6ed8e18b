import GuildDomain

extension GuildManifest {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        timezone = spec["timezone"]?.read(.timezone) ?? timezone
        manaPool = spec["manaPool"]?.mapping { Pool($0) } ?? Pool()
        reserve = spec["reserve"]?.mapping { Pool($0) } ?? Pool()
        costBudget = spec["costBudget"]?.mapping { CostBudget($0) } ?? CostBudget()
        for key in ["manaPool", "costBudget"] {
            if let budget = spec[key] { locations.merge(budget.limitLocations(key)) { $1 } }
        }
        alerts = spec["alerts"]?.mapping { Alerts($0) } ?? Alerts()
        defaults = spec["defaults"]?.mapping { GuildDefaults($0) } ?? GuildDefaults()
        audit = spec["audit"]?.mapping { AuditSettings($0) } ?? AuditSettings()
        allowedOrigins = spec["network"]?.mapping { $0["allow"]?.origins() ?? [] } ?? []
        apiTokens = spec["api"]?.mapping { APIToken.tokens($0) } ?? []
        for (kept, all, key) in [
            (reserve.perDay, manaPool.perDay, "perDay"), (reserve.perMonth, manaPool.perMonth, "perMonth"),
        ] {
            if let kept, let all, kept > all {
                spec["reserve"]?.problem("a reserve of \(kept) tokens \(key)", expected: "at most the pool's \(all)")
            }
        }
    }
}

extension NodeReader {
    /// Addresses of hosts, without a path.
    fileprivate func origins() -> Set<String> {
        Set(
            elements(orOne: true).compactMap { element in
                guard let text = element.url() else { return nil }
                guard let origin = WebOrigin(text), text.split(separator: "/", maxSplits: 2).count == 2 else {
                    element.problem("an address that is more than an origin", expected: "http://HOST[:PORT]")
                    return nil
                }
                return origin.description
            })
    }
}

extension GuildManifest.Pool {
    fileprivate init(_ reader: MappingReader) {
        self.init(perDay: reader["perDay"]?.read(.tokens), perMonth: reader["perMonth"]?.read(.tokens))
    }
}

extension AuditSettings {
    fileprivate init(_ reader: MappingReader) {
        self.init()
        anchors = reader["anchor"]?.bool() ?? anchors
        anchorEvery = reader["anchor_every"]?.read(.integer(in: 1...1_000_000_000)).map { Int64($0) } ?? anchorEvery
        anchorMinutes = reader["anchor_minutes"]?.read(.integer(in: 1...1_000_000)) ?? anchorMinutes
        push = reader["push"]?.filledText()
    }
}

extension GuildManifest.Alerts {
    fileprivate init(_ mapping: MappingReader) {
        self.init()
        yellow = mapping["yellow"]?.read(.percent) ?? yellow
        orange = mapping["orange"]?.read(.percent) ?? orange
        red = mapping["red"]?.read(.percent) ?? red
        if !(yellow < orange && orange < red) {
            mapping.reader.problem(
                "alerts at \(yellow)%, \(orange)% and \(red)%", expected: "yellow below orange below red")
        }
    }
}

extension GuildDefaults {
    fileprivate init(_ reader: MappingReader) {
        self.init()
        resources = ResourceLimits(reader)
        replyLimit = reader["replyLimit"]?.read(.tokens)
        actionWait = reader["actionWait"]?.read(.duration())
        if let retries = reader["retries"] {
            retries.mapping { retry in
                retryLimit = retry["max"]?.read(.integer(in: 0...100))
                retryBase = retry["base"]?.read(.duration())
                retryCap = retry["cap"]?.read(.duration())
                for key in ["max", "base", "cap"] { locations["retries.\(key)"] = retry[key]?.location }
            }
        }
        hopLimit = reader["hopLimit"]?.read(.integer(in: 1...1000))
        rootTokens = reader["rootTokens"]?.read(.tokens)
        debounce = reader["debounce"].flatMap { DebounceSettings($0) }
        reservationDeadline = reader["reservationDeadline"]?.read(.duration(atLeast: .seconds(1)))
        bodyLimit = reader["bodyLimit"]?.read(.byteCount)
        queueDepth = reader["queueDepth"]?.read(.integer(in: 1...100_000_000))
        modelIdleTimeout = reader["modelIdleTimeout"]?.read(.duration(atLeast: .milliseconds(1)))
        connectTimeout = reader["connectTimeout"]?.read(.duration(atLeast: .milliseconds(1)))
        for key in [
            "replyLimit", "actionWait", "hopLimit", "rootTokens", "debounce", "reservationDeadline", "bodyLimit",
            "queueDepth", "modelIdleTimeout", "connectTimeout",
        ] {
            locations[key] = reader[key]?.location
        }
        for system in reader.reader.scope.findings.systems.systems where system.webhooks?.bodyLimitBytes != nil {
            let key = Self.bodyLimitKey(of: system.name)
            bodyLimits[system.name] = reader[key]?.read(.byteCount)
            locations[key] = reader[key]?.location
        }
        reader["reservationDeadline"]?.notRunYet(.reservationDeadline)
        reader["connectTimeout"]?.notRunYet(.connectTimeout)
    }
}

extension ChapterManifest {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        tokenBudget = spec["tokenBudget"]?.mapping { TokenBudget($0) } ?? TokenBudget()
        costBudget = spec["costBudget"]?.mapping { CostBudget($0) } ?? CostBudget()
        for key in ["tokenBudget", "costBudget"] {
            if let budget = spec[key] { locations.merge(budget.limitLocations(key)) { $1 } }
        }
        actions = spec["actions"]?.mapping { ActionLimits($0) } ?? ActionLimits()
        guaranteedShare = spec["guaranteedShare"]?.read(.number(in: 0...1))
        notify = spec["notify"]?.filledText()
        members = (spec["members"]?.elements() ?? []).compactMap { Member($0) }
        if let reader = spec["master"], let master = reader.filledText() {
            self.master = master
            // A person of the chapter, or else an agent.
            if !members.contains(where: { $0.id.lowercased() == master.lowercased() }) {
                reader.reference(.agent, master)
            }
        }
        warnWhatDoesNotRun(spec)
        var seen: Set<String> = []
        for member in members where !seen.insert(member.id.lowercased()).inserted {
            spec.reader.scope.findings.add(
                Problem(
                    .error, at: member.location, path: "spec.members", found: "two members '\(member.id)'",
                    expected: "an id of its own for each"))
        }
    }

    private func warnWhatDoesNotRun(_ spec: MappingReader) {
        spec["notify"]?.notRunYet(.chapterNotify)
        if members.contains(where: { !$0.rights.isEmpty || $0.digestAt != nil }) {
            spec["members"]?.notRunYet(.members)
        }
    }
}

extension ChapterManifest.Member {
    fileprivate init?(_ reader: NodeReader) {
        let member = reader.mapping { mapping -> Self? in
            let id = mapping.required("id", "the member's short name")?.filledText()
            var member = Self(id: id ?? "", location: reader.location)
            member.name = mapping["name"]?.filledText()
            member.email = mapping["email"]?.filledText()
            member.ids = Self.ids(in: mapping)
            member.timezone = mapping["timezone"]?.read(.timezone)
            member.digestAt = mapping["digest_at"]?.read(.timeOfDay)
            let roles = mapping["role"]?.texts() ?? []
            member.role = roles.isEmpty ? nil : roles.joined(separator: ", ")
            member.rights = roles.reduce(into: []) { $0.formUnion(Self.rights(of: $1)) }
            return id == nil ? nil : member
        }
        guard let member else { return nil }
        self = member
    }

    /// `ids: { SYSTEM: ID }`, and the older spelling: a key of the member named after the system.
    private static func ids(in mapping: MappingReader) -> [String: String] {
        var ids: [String: String] = [:]
        let systems = mapping.reader.scope.findings.systems
        for system in Set(systems.connected.map(\.name)).union(NotRunYet.memberSystems).sorted() {
            ids[system] = mapping[system]?.filledText()
        }
        for member in mapping["ids"]?.members() ?? [] {
            guard let id = member.value.filledText() else { continue }
            let system = member.key.lowercased()
            if let older = ids[system], older != id {
                member.value.problem(
                    "two ids in \(quoted(system))",
                    expected: "`ids.\(system)` alone; the key `\(system)` is its older spelling")
            }
            ids[system] = id
        }
        return ids
    }

    /// The rights of a role; an unlisted role may only read.
    private static func rights(of role: String) -> Set<Right> {
        switch role.lowercased() {
        case "master", "owner", "admin": Set(Right.allCases)
        case "approver", "approve": [.approve]
        case "override": [.override]
        case "grant", "treasurer": [.grant]
        default: []
        }
    }
}
