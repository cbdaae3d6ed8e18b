package import GuildCodex
package import GuildConnectors
package import GuildDomain
import GuildLedger

/// The tools of one agent: those that exist and that its manifest allows.
package struct ToolBox: Sendable {
    /// Reads a file of the codex.
    package static let codexRead = Operation(
        name: "codex.read",
        summary: "Reads one file of the codex by its path, for example adr/0001-record-decisions.md.", effect: .read,
        schema: [
            "type": "object", "properties": ["path": ["type": "string", "minLength": 1, "maxLength": 1024]],
            "required": ["path"], "additionalProperties": false,
        ], reach: .everywhere)

    /// A longer result is cut, and says so.
    static let resultLimitBytes = 64 << 10
    /// The part of the turn's text that becomes an action's reason.
    private static let reasonScalars = 500

    private let snapshot: CodexSnapshot
    private let safety: SafetyRules
    private let agent: AgentManifest
    private let connectors: Connectors
    private let place: RunPlace
    private let allowed: [Operation]
    private let redactor: Redactor

    /// - Parameters:
    ///   - snapshot: of the invocation's commit: its files can be read.
    ///   - safety: of the accepted head, so that a freeze applies from its push on, even to active runs.
    ///   - place: the place that called the run.
    ///   - redactor: masks known secrets in results.
    package init(
        _ agent: AgentManifest, in snapshot: CodexSnapshot, safety: SafetyRules, connectors: Connectors,
        place: RunPlace, redactor: Redactor = Redactor()
    ) {
        self.snapshot = snapshot
        self.safety = safety
        self.agent = agent
        self.connectors = connectors
        self.redactor = redactor
        self.place = place
        allowed = OperationCatalogue(connectors.catalogue + [Self.codexRead]).operations.filter(agent.allows)
    }

    /// The tools that the model is offered.
    package var tools: [ModelTool] {
        allowed.map { ModelTool(name: $0.name, summary: $0.summary, schema: $0.schema) }
    }

    /// The rules of a tool; the first one that applies in the place that calls the run decides.
    func rules(for tool: ModelTool) -> [ToolRule] {
        allowed.first { $0.name == tool.name }.map(agent.rules) ?? []
    }

    /// Judges the model's tool calls: a refusal is its result at once, a read waits to be executed, a write becomes an
    /// action under the manifest's autonomy and the safety policies.
    func plan(_ content: [ModelContent], now: Timestamp) -> [ToolCall] {
        let reason = ScreenText.prefix(TurnDelta.text(of: content), scalars: Self.reasonScalars)
        var calls: [ToolCall] = []
        for case .toolUse(let id, let name, let input) in content {
            var call = ToolCall(position: calls.count, callID: id, name: name, arguments: input)
            switch judge(name, input, now: now) {
            case .refused(let why): (call.result, call.isError) = (why, true)
            case .blocked(let why):
                call.result = why
                call.isError = true
                if isWrite(name) { call.blockedSubject = connectors.subject(of: name, arguments: input) ?? "" }
            case .read: break
            case .write(let operation, let autonomy, let policy):
                call.action = ActionRequest(
                    id: ActionID(now: now), connector: operation.connector, operation: operation.name,
                    subject: connectors.subject(of: operation.name, arguments: input) ?? operation.connector,
                    arguments: input, reason: reason.isEmpty ? "no reason given" : reason, autonomy: autonomy)
                call.action?.policy = policy
                call.actionID = call.action?.id
            }
            calls.append(call)
        }
        return calls
    }

    /// Executes a read and returns its result as text. A read that an earlier process planned is checked against the
    /// manifest once more, because the rules may have changed.
    func read(_ call: ToolCall) async -> ToolCall {
        var call = call
        if case .refused(let why) = ruling(call.name, call.arguments) {
            call.result = why
            call.isError = true
            return call
        }
        if call.name == Self.codexRead.name {
            let path = call.arguments["path"]?.string ?? ""
            if let bytes = snapshot.file(path) {
                call.result = shown(String(decoding: bytes, as: UTF8.self))
            } else {
                let nearest = NearestName.of(path, in: snapshot.files(matching: Glob("*")))
                call.result = "there is no file '\(path)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
                call.isError = true
            }
            return call
        }
        do {
            let value = try await connectors.perform(call.name, arguments: call.arguments)
            call.result = shown(redactor.maskedData(value).text(.pretty))
        } catch {
            call.result = shown(error.message)
            call.isError = true
        }
        return call
    }

    private enum Verdict {
        case refused(String)
        /// Refused by the manifest or a policy.
        case blocked(String)
        case read
        /// With the rule of a policy by which a person must agree to it.
        case write(Operation, Autonomy, policy: String?)
    }

    private func judge(_ name: String, _ arguments: JSONValue, now: Timestamp) -> Verdict {
        guard let operation = allowed.first(where: { $0.name == name }) else {
            return isWrite(name) ? .blocked(noTool(name)) : .refused(noTool(name))
        }
        // Schema, policy and system must see the same value.
        if let key = arguments.repeatedKey {
            return .refused("wrong arguments: '\(ProviderWords.excerpt(key, characters: 40))' is there twice")
        }
        do {
            let violations = try JSONSchema(parsing: operation.schema).problems(in: arguments)
            guard violations.isEmpty else {
                return .refused("wrong arguments: " + violations.map { "\($0)" }.joined(separator: "; "))
            }
        } catch {
            return .refused("the tool's own schema is broken: \(error)")
        }
        if let message = safety.freeze(of: name, at: now) { return .blocked("blocked by policy: \(message)") }
        let autonomy: Autonomy
        switch ruling(name, arguments) {
        case .refused(let why): return .blocked(why)
        case .rule(let rule): autonomy = rule.autonomy
        }
        guard operation.effect == .write else { return .read }
        let carried = connectors.carried(by: operation, arguments: arguments)
        return .write(operation, autonomy, policy: safety.approvalRule(for: name, carrying: carried))
    }

    /// The manifest's decision on the call, for the place that called this run; the rule that it names allows the call.
    private func ruling(_ name: String, _ arguments: JSONValue) -> ToolRuling {
        guard let operation = allowed.first(where: { $0.name == name }) else { return .refused(noTool(name)) }
        let ruling = agent.ruling(on: operation, arguments: arguments, of: place)
        if case .rule(let rule) = ruling, rule.autonomy == .deny {
            return .refused("\(name) is denied \(rule.scope.text)")
        }
        return ruling
    }

    /// Of everything there is, allowed or not.
    private func isWrite(_ name: String) -> Bool {
        connectors.catalogue.first { $0.name == name }?.effect == .write
    }

    private func noTool(_ name: String) -> String {
        let nearest = NearestName.of(name, in: allowed.map(\.name))
        return "there is no tool '\(name)' for you" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
    }

    /// A result as the model sees it: without secrets, then cut.
    private func shown(_ text: String) -> String {
        let text = redactor.maskedData(text)
        guard text.utf8.count > Self.resultLimitBytes else { return text }
        return String(decoding: Array(text.utf8).prefix(Self.resultLimitBytes), as: UTF8.self)
            + "\n[cut after \(Self.resultLimitBytes) bytes]"
    }
}
