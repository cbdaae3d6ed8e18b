import Foundation
import GuildDomain

/// How long the program takes from its start to its end, beside Python that does nothing.
struct StartupBench {
    private static let runsPerRound = 20
    private static let dropped = 3

    let setting: BenchSetting

    func run() throws {
        let folder = try setting.folder("startup")
        let made = try Child([setting.guild, "init", folder + "/codex"]).wait()
        guard made == 0 else { throw Failure(.failed, "guild init ended with \(made)") }
        let python = access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3"
        let commands: [(name: String, arguments: [String])] = [
            ("true", ["/bin/true"]), ("python3 -c pass", [python, "-c", "pass"]),
            ("guild --version", [setting.guild, "--version"]), ("guild run --help", [setting.guild, "run", "--help"]),
            ("guild run greeter", [setting.guild, "run", "greeter", "--codex", folder + "/codex"]),
        ]
        var runs = commands.map { _ in [Run]() }
        // In turns, so that a slow moment of the machine falls on all of them.
        for _ in 0..<setting.rounds * Self.runsPerRound + Self.dropped {
            for (index, command) in commands.enumerated() {
                runs[index].append(try Self.time(command.arguments, state: folder))
            }
        }
        runs = runs.map { Array($0.dropFirst(Self.dropped)) }
        let reference = runs[1]
        var table = MarkdownTable([
            "command", "median ms", "least ms", "÷ python3 -c pass", "CPU ms, user", "system", "÷ python3 -c pass",
        ])
        for (command, runs) in zip(commands, runs) {
            table.add([
                "`\(command.name)`", runs.milliseconds.figure, (runs.map(\.milliseconds).min() ?? 0).figure,
                (runs.milliseconds / max(reference.milliseconds, 0.001)).figure,
                (runs.map(\.processor.userSeconds).median * 1000).figure,
                (runs.map(\.processor.systemSeconds).median * 1000).figure,
                (runs.processor / max(reference.processor, 1e-6)).figure,
            ])
        }
        table.show(title: "From start to end, \(runs[0].count) runs each")
    }

    private static func time(_ arguments: [String], state: String) throws -> Run {
        let start = MonotonicClock.now
        let (status, processor) = try Child(arguments, environment: ["XDG_STATE_HOME": state]).waitForTime()
        let end = MonotonicClock.now
        guard status == 0 else {
            throw Failure(.failed, "`\(arguments.joined(separator: " "))` ended with \(status)")
        }
        return Run(milliseconds: Double(end - start) / 1e6, processor: processor)
    }
}

/// What one run of a command took.
private struct Run {
    let milliseconds: Double
    let processor: ProcessorTime
}

extension [Run] {
    fileprivate var milliseconds: Double { map(\.milliseconds).median }
    /// Seconds.
    fileprivate var processor: Double { map(\.processor.seconds).median }
}
