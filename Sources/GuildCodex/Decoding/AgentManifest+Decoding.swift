import GuildDomain

extension AgentManifest {
    init(_ metadata: Metadata, chapter: String?, spec: MappingReader) {
        // In the order of the specification: problems of one line come in the order in which they are found.
        let role = spec["type"]?.filledText() ?? metadata.name
        let version = spec["version"]?.read(.semanticVersion)
        let description = spec["description"]?.text()
        var fields = Fields(metadata: metadata, role: role, prompt: Self.prompt(spec, name: metadata.name))
        fields.chapter = chapter
        fields.version = version
        fields.description = description
        fields.model = spec["model"].flatMap { ModelChoice($0) } ?? .any
        fields.triggers = (spec["triggers"]?.elements() ?? []).compactMap { Trigger($0) }
        fields.resources = spec["resources"]?.mapping { ResourceLimits(agent: $0) } ?? ResourceLimits()
        fields.resources.actions.read(agent: spec)
        fields.capabilities = spec["capabilities"]?.texts() ?? []
        fields.context = (spec["context"]?.elements() ?? []).compactMap { ContextSource($0) }
        fields.tools = (spec["tools"]?.elements() ?? []).compactMap { ToolRule($0) }
        if fields.tools.contains(where: { $0.autonomy == .notify }) { spec["tools"]?.notRunYet(.telling) }
        fields.dependencies = spec["dependencies"]?.mapping { AgentDependencies($0) } ?? AgentDependencies()
        fields.safety = spec["safety"]?.mapping { AgentSafety($0) } ?? AgentSafety()
        spec["safety"]?.notRunYet(.agentSafety)
        fields.outputSchema = spec["output"]?.mapping { output in
            output.required("schema", "the path of a JSON Schema")?.codexPath(.schema)
        }
        Self.reportDoubleSchedules(spec, fields.triggers)
        self.init(fields)
    }

    private static func prompt(_ spec: MappingReader, name: String) -> PromptSource {
        guard let reader = spec["prompt"] else {
            let path = "prompts/\(name).md"
            spec.reader.reference(.file("prompt"), path)
            return .file(path)
        }
        if reader.isBlockText || reader.looksLikeProse {
            let text = reader.text() ?? ""
            reader.report(PromptCheck.findings(in: text))
            return .inline(text)
        }
        return .file(reader.codexPath(.file("prompt")) ?? "")
    }

    /// Two schedules of one name would share their firings.
    private static func reportDoubleSchedules(_ spec: MappingReader, _ triggers: [Trigger]) {
        var seen: [String: String] = [:]
        for trigger in triggers {
            guard let name = trigger.cron?.name else { continue }
            if let first = seen[name] {
                spec.reader.scope.findings.add(
                    Problem(
                        .error, at: trigger.location, path: trigger.path,
                        found: "the same schedule as \(first)", expected: "a separate `name`"))
            } else {
                seen[name] = trigger.path
            }
        }
    }
}

extension NodeReader {
    /// Whether the text is a `|` or `>` block.
    var isBlockText: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .literal || scalar.style == .folded
    }

    /// A prompt of one line: words between spaces, and no file name at the end.
    var looksLikeProse: Bool {
        guard case .scalar(let scalar) = node else { return false }
        let text = scalar.string
        guard text.utf8.contains(where: { $0 <= UInt8(ascii: " ") }) else { return false }
        return text.contains("\n") || (text.contains(" ") && !text.hasSuffix(".md") && !text.hasSuffix(".mustache"))
    }

    func codexPath(_ kind: Reference.Kind) -> String? { read(.codexPath).map { reference(kind, $0) } }

    func name(of kind: Reference.Kind) -> String? { filledText().map { reference(kind, $0) } }

    func names(of kind: Reference.Kind) -> [String] { elements(orOne: true).compactMap { $0.name(of: kind) } }
}

extension ModelChoice {
    /// A model's name, or a mapping of what the model must be able to do.
    fileprivate init?(_ reader: NodeReader) {
        guard reader.isMapping else {
            guard let name = reader.name(of: .model) else { return nil }
            self = .named(name)
            return
        }
        let choice = reader.mapping { choice -> ModelChoice? in
            let strategy = choice["strategy"]?.read(.oneOf(ModelStrategy.self))
            if strategy != nil { choice["strategy"]?.notRunYet(.modelStrategy) }
            return .requires(
                capabilities: choice["requires"]?.names(of: .capability) ?? [],
                prefer: choice["prefer"]?.names(of: .model) ?? [], strategy: strategy)
        }
        guard let choice else { return nil }
        self = choice
    }
}

extension ContextSource {
    fileprivate init?(_ reader: NodeReader) {
        let sources = reader.mapping { source in
            [
                source["codex"].flatMap { Self.codex($0) }, source["http"].flatMap { Self.http($0) },
                source["tool"].flatMap { Self.tool($0) }, source["memory"].flatMap { Self.memory($0) },
            ].compactMap(\.self)
        }
        if let sources, sources.count > 1 {
            reader.problem("several sources in one entry", expected: "one of codex, http, tool, memory")
        }
        guard let first = sources?.first else { return nil }
        self = first
    }

    private static func codex(_ reader: NodeReader) -> ContextSource? {
        reader.codexPath(.codexGlob).map { .codex(Glob($0), pattern: $0) }
    }

    private static func http(_ reader: NodeReader) -> ContextSource? {
        reader.notRunYet(.httpContext)
        return reader.mapping { http -> ContextSource? in
            let connector = http["connector"]?.name(of: .connector)
            return http.required("get", "an address")?.address(carriesSecret: false).map {
                .http(url: $0, connector: connector)
            }
        }
    }

    private static func tool(_ reader: NodeReader) -> ContextSource? {
        reader.notRunYet(.toolContext)
        return reader.mapping { tool -> ContextSource? in
            let arguments = tool["with"]?.json() ?? .object(JSONObject())
            return tool.required("name", "a read operation")?.name(of: .operation)
                .map { .tool(name: $0, arguments: arguments) }
        }
    }

    private static func memory(_ reader: NodeReader) -> ContextSource? {
        reader.notRunYet(.memoryContext)
        return reader.mapping { memory in
            .memory(
                scope: memory["scope"]?.filledText() ?? "agent", query: memory["query"]?.text(),
                limit: memory["limit"]?.read(.integer(in: 1...100)) ?? 5)
        }
    }
}

extension AgentDependencies {
    fileprivate init(_ reader: MappingReader) {
        self.init()
        requires = (reader["requires"]?.elements(orOne: true) ?? []).compactMap { AgentDependencies.Requirement($0) }
        if let notifies = reader["notifies"] {
            self.notifies = notifies.names(of: .agent)
            notifies.notRunYet(.notifies)
        }
    }
}

extension AgentDependencies.Requirement {
    /// `investigator >= 1.2`.
    fileprivate init?(_ reader: NodeReader) {
        guard let text = reader.filledText() else { return nil }
        do throws(VersionRange.Problem) {
            let version = try VersionRequirement(parsing: text)
            reader.reference(.agent, version.name)
            self.init(version: version, location: reader.location, path: reader.path.text)
        } catch {
            reader.problem(
                "found \(quoted(text)): \(error.reason)",
                expected: "an agent and a version, such as \"investigator >= 1.2\"")
            return nil
        }
    }
}

extension AgentSafety {
    fileprivate init(_ reader: MappingReader) {
        self.init()
        canEscalateToHuman = reader["canEscalateToHuman"]?.bool()
        canModifyJira = reader["canModifyJira"]?.bool()
        canSendDirectMessages = reader["canSendDirectMessages"]?.bool()
        maxDirectMessagesPerDay = reader["maxDMsPerDay"]?.read(.integer())
    }
}
