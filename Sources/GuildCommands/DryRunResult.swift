import GuildCodex
import GuildDomain
import GuildRuntime

/// The output of `run --dry-run`.
struct DryRunResult: CommandResult {
    let dryRun: DryRun

    var json: JSONValue {
        [
            "agent": .string(dryRun.agent), "commit": .string(dryRun.commit), "model": .string(dryRun.model),
            "provider": .string(dryRun.provider), "key": .string(dryRun.key), "request": dryRun.request.document,
            "called_in": Container.json(dryRun.place.containers),
            "tools": .array(
                dryRun.tools.map { tool, rules in
                    [
                        "name": .string(tool.name), "autonomy": .integer(rules.first?.autonomy.rawValue ?? 0),
                        "rules": .array(
                            rules.map { ["autonomy": .integer($0.autonomy.rawValue), "on": $0.scope.json] }),
                    ]
                }),
            "reserved": [
                "input": .integer(dryRun.reservedInput), "output": .integer(dryRun.reservedOutput),
                "cost_microdollars": dryRun.reservedCost.map { .integer($0) } ?? .null,
            ],
            "per_invocation": .integer(dryRun.perInvocation),
        ]
    }

    var table: TextTable {
        TextTable(
            ["AGENT", "MODEL", "KEY", "RESERVED", "LIMIT"],
            [
                [
                    dryRun.agent, dryRun.model, dryRun.key, String(dryRun.reservedInput + dryRun.reservedOutput),
                    String(dryRun.perInvocation),
                ]
            ])
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
