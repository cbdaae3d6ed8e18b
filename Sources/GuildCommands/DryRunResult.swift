import GuildDomain
import GuildRuntime

/// What `run --dry-run` shows.
struct DryRunResult: CommandResult {
    let dryRun: DryRun

    var json: JSONValue {
        [
            "agent": .string(dryRun.agent), "commit": .string(dryRun.commit), "model": .string(dryRun.model),
            "provider": .string(dryRun.provider), "key": .string(dryRun.key), "request": dryRun.request.document,
            "tools": .array(
                dryRun.tools.map { ["name": .string($0.tool.name), "autonomy": .integer($0.autonomy.rawValue)] }),
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
        lines += [style.bold("tools")] + dryRun.tools.map { "  \($0.tool.name)  autonomy \($0.autonomy.rawValue)" }
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
