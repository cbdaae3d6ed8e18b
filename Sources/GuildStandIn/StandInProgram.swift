import Foundation
import GuildDomain
import GuildHTTP
import Logging
import ServiceLifecycle
import UnixSignals

/// The vendors' wire formats on loopback: the demo, the tests and the benchmarks call it instead of the vendors.
///
/// It prints `listening 127.0.0.1:PORT` when it is ready, and ends on SIGTERM or SIGINT.
@main
struct StandInProgram {
    private static let wrongUsage: Int32 = 2
    private static let failed: Int32 = 1

    static func main() async {
        do {
            let rest = Array(CommandLine.arguments.dropFirst(2))
            switch CommandLine.arguments.dropFirst().first {
            case "deliver": return try await WebhookDelivery(rest).send()
            case "effects": return try await EffectsListing(url: rest.first ?? "").show()
            default: break
            }
            let options = try StandInOptions(Array(CommandLine.arguments.dropFirst()))
            try await run(options)
        } catch let error as any GuildError {
            complain(error.description)
            exit(error.kind == .usage ? wrongUsage : failed)
        } catch {
            complain("\(error)")
            exit(failed)
        }
    }

    private static func run(_ options: StandInOptions) async throws {
        var logger = Logger(label: "stand-in") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let standIn = try StandIn(options)
        // A held or stalled answer would never drain; the harness that ends us does not wait for it.
        let limits = HTTPLimits(drainTimeout: .milliseconds(200))
        let address = ListenAddress(host: "127.0.0.1", port: options.port)
        let listener = HTTPListener(routes: standIn.routes, address: address, limits: limits, logger: logger) { port in
            FileHandle.standardOutput.write(Data("listening 127.0.0.1:\(port)\n".utf8))
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: listener)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data("GuildStandIn: \(text)\n".utf8))
    }
}

/// The command line: `[--port N] [--script FILE] [--log FILE] [--instant]`.
struct StandInOptions: Sendable {
    /// 0 picks a free one.
    var port = 0
    /// A model script (`Script`).
    var scriptPath: String?
    /// One JSON line per request is appended here before the request is answered.
    var logPath: String?
    /// Answers go out in one piece, without the delays of a script, and are not kept for `/__standin/requests`.
    var isInstant = false

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            switch option {
            case "--instant": isInstant = true
            case "--port", "--script", "--log":
                guard let value = rest.popFirst() else {
                    throw Failure(.usage, "\(option) needs a value", hint: Self.usage)
                }
                try set(option, value)
            default:
                throw Failure(.usage, "unknown argument '\(option)'", hint: Self.usage)
            }
        }
    }

    private static let usage = "GuildStandIn [--port N] [--script FILE] [--log FILE] [--instant]"

    private mutating func set(_ option: String, _ value: String) throws {
        switch option {
        case "--script": scriptPath = value
        case "--log": logPath = value
        default:
            guard let number = Int(value), (0...65_535).contains(number) else {
                throw Failure(.usage, "'\(value)' is not a port", hint: "a number from 0 to 65535")
            }
            port = number
        }
    }
}
