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
        var times = commands.map { _ in [Double]() }
        // In turns, so that a slow moment of the machine falls on all of them.
        for _ in 0..<setting.rounds * Self.runsPerRound + Self.dropped {
            for (index, command) in commands.enumerated() {
                times[index].append(try Self.milliseconds(command.arguments, state: folder))
            }
        }
        times = times.map { Array($0.dropFirst(Self.dropped)) }
        let reference = times[1].median
        var table = MarkdownTable(["command", "median ms", "least ms", "÷ python3 -c pass"])
        for (command, times) in zip(commands, times) {
            table.add([
                "`\(command.name)`", times.median.figure, (times.min() ?? 0).figure,
                (times.median / max(reference, 0.001)).figure,
            ])
        }
        table.show(title: "From start to end, \(times[0].count) runs each")
    }

    private static func milliseconds(_ arguments: [String], state: String) throws -> Double {
        let start = MonotonicClock.now
        let status = try Child(arguments, environment: ["XDG_STATE_HOME": state]).wait()
        let end = MonotonicClock.now
        guard status == 0 else {
            throw Failure(.failed, "`\(arguments.joined(separator: " "))` ended with \(status)")
        }
        return Double(end - start) / 1e6
    }
}
