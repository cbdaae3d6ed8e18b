import GuildCodex
import GuildDomain
import GuildRuntime

/// The output of `run --dry-run`.
struct DryRunResult: CommandResult {
    let dryRun: DryRun

    struct Document: Encodable {
        struct Tool: Encodable {
            let name: String
            let autonomy: Int
            let rules: [Rule]
        }

        struct Rule: Encodable {
            let autonomy: Int
            let on: ToolScope
        }

        struct Reserved: Encodable {
            let input: Int64
            let output: Int64
            let costMicrodollars: Int64?
        }

        let agent: String
        let commit: String
        let model: String
        let provider: String
        let key: String
        let request: JSONValue
        let calledIn: JSONValue
        let tools: [Tool]
        let reserved: Reserved
        let perInvocation: Int64
    }

    var document: Document {
        Document(
            agent: dryRun.agent, commit: dryRun.commit, model: dryRun.model, provider: dryRun.provider, key: dryRun.key,
            request: dryRun.request.document, calledIn: Container.json(dryRun.place.containers),
            tools: dryRun.tools.map { tool, rules in
                Document.Tool(
                    name: tool.name, autonomy: rules.first?.autonomy.rawValue ?? 0,
                    rules: rules.map { Document.Rule(autonomy: $0.autonomy.rawValue, on: $0.scope) })
            },
            reserved: Document.Reserved(
                input: dryRun.reservedInput, output: dryRun.reservedOutput, costMicrodollars: dryRun.reservedCost),
            perInvocation: dryRun.perInvocation)
    }

    var rows: [DryRun] { [dryRun] }

    var columns: [Column<DryRun>] {
        [
            .text("AGENT", \.agent), .text("MODEL", \.model), .text("KEY", \.key),
            .number("RESERVED") { $0.reservedInput + $0.reservedOutput }, .number("LIMIT", \.perInvocation),
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = [style.bold("system"), dryRun.request.system]
        for message in dryRun.request.messages {
            lines.append(style.bold(message.role.rawValue))
            for case .text(let text) in message.content { lines.append(text) }
        }
        lines += [style.bold("called in"), "  " + TextTable.printable(dryRun.place.text)]
        lines.append(style.bold("tools"))
        lines += dryRun.tools.map { tool, rules in
            "  \(tool.name)  autonomy "
                + rules.map { TextTable.printable("\($0.autonomy.rawValue) \($0.place)") }.joined(separator: "; ")
        }
        if dryRun.tools.isEmpty { lines.append("  none") }
        let cost = dryRun.reservedCost.map { Money.dollars($0) } ?? "unknown price"
        lines += [
            style.bold("would reserve"),
            "  \(dryRun.reservedInput) tokens in + \(dryRun.reservedOutput) out of \(dryRun.perInvocation), at most \(cost)",
            "  model \(dryRun.model) (\(dryRun.provider)), codex \(dryRun.commit)",
            "  recording key \(dryRun.key)",
        ]
        return lines.joined(separator: "\n")
    }
}
