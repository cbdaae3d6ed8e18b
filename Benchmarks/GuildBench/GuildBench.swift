import Foundation
import GuildDomain

/// Measures guild in a release build, on loopback, beside what it is compared with. `Benchmarks/run` calls it.
///
/// Each part prints its table in Markdown and ends by itself. Figures of one run are for comparison with each other,
/// never with those of another machine; no test asserts any of them.
@main
struct GuildBench {
    private static let usage = """
        GuildBench ingress | ledger | dispatch | budget | books | growth | road | startup | idle | parsing | patterns \
        | codex | bodies | schedules, with --guild FILE --stand-in FILE --assets DIR --work DIR [--seconds N] [--rounds N] [--events N] \
        [--postings N]; GuildBench gateway --assets DIR [--work DIR --durable] [--hummingbird]
        """

    static func main() async {
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            FileHandle.standardError.write(Data("GuildBench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) async throws {
        let setting = try BenchSetting(Array(arguments.dropFirst()), usage: usage)
        switch arguments.first {
        case "gateway": try await GatewayProcess(setting: setting).run()
        case "ingress": try IngressBench(setting: setting).run()
        case "road": try await RoadBench(setting: setting).run()
        case "startup": try StartupBench(setting: setting).run()
        case "idle": try IdleBench(setting: setting).run()
        case "ledger": try await LedgerBench(setting: setting).run()
        case "dispatch": try await DispatchBench(setting: setting).run()
        case "budget": try await BudgetBench(setting: setting).run()
        case "books": try await BooksBench(setting: setting).run()
        case "growth": try await GrowthBench(setting: setting).run()
        case "codex": try CodexBench(setting: setting).run()
        case "schedules": try await SchedulesBench(setting: setting).run()
        case "bodies": try BodiesBench(setting: setting).run()
        case "parsing": try ParsingBench(setting: setting).run()
        case "patterns": try PatternsBench(setting: setting).run()
        default: throw Failure(.usage, "unknown part '\(arguments.first ?? "")'", hint: usage)
        }
    }
}

/// What every part is told.
struct BenchSetting: Sendable {
    /// The folder with the codex and the payload: `Benchmarks`.
    var assets = "Benchmarks"
    /// A folder of this run's own, on the disk that is measured.
    var work = "."
    var guild = ""
    var standIn = ""
    /// How long one measurement lasts.
    var seconds = 3.0
    /// How often each measurement is made; the median counts.
    var rounds = 3
    /// The length of the burst that takes the whole road.
    var events = 2000
    /// The size of the books that `books` fills, reads and verifies; up to 10 million.
    var postings = 100_000
    /// For `gateway`: store events in a ledger, instead of answering without.
    var isDurable = false
    /// For `gateway`: serve with Hummingbird's connection handler and router.
    var isHummingbird = false

    init(_ arguments: [String], usage: String) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            if option == "--durable" {
                isDurable = true
                continue
            }
            if option == "--hummingbird" {
                isHummingbird = true
                continue
            }
            guard let value = rest.popFirst() else { throw Failure(.usage, "\(option) needs a value", hint: usage) }
            switch option {
            case "--assets": assets = value
            case "--work": work = value
            case "--guild": guild = value
            case "--stand-in": standIn = value
            case "--seconds": seconds = min(max(Double(value) ?? seconds, 0.2), 60)
            case "--rounds": rounds = min(max(Int(value) ?? rounds, 1), 100)
            case "--events": events = min(max(Int(value) ?? events, 1), 9_000)
            case "--postings": postings = min(max(Int(value) ?? postings, 100), 10_000_000)
            default: throw Failure(.usage, "unknown option '\(option)'", hint: usage)
            }
        }
    }

    var codex: String { assets + "/codex" }

    /// The payload: one issue that was opened, 8 KB, whose number is 10000000.
    func payload() throws -> [UInt8] {
        let path = assets + "/issue.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.usage, "\(path): cannot be read", hint: "name the folder Benchmarks with --assets")
        }
        return Array(data)
    }

    /// A new folder for one measurement.
    func folder(_ name: String) throws -> String {
        let path = "\(work)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// The program itself, for the parts that run the gateway in a process of its own.
    var bench: String { CommandLine.arguments[0] }
}
