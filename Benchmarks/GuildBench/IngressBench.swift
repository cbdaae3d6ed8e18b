import Foundation
import GuildDomain

/// Signed webhooks a second: the gateway with the ledger, the same gateway without it, and Debian's `webhook`.
///
/// The load generator shares the machine with the server; both gateways and both kinds of rounds take turns, so that
/// a slow minute of the machine falls on all of them.
struct IngressBench {
    private static let connections = [1, 16, 64]
    private static let warmUpSeconds = 0.5
    private static let tracedSeconds = 1.0
    /// More than any server here takes in a second on two cores.
    private static let signedPerSecond = 40_000.0

    let setting: BenchSetting

    func run() throws {
        let deliveries = try Deliveries(payload: setting.payload())
        let stored = try Gateway(setting: setting, folder: "gateway", isDurable: true)
        defer { stored.child.stop() }
        let bare = try Gateway(setting: setting, folder: "gateway-bare", isDurable: false)
        defer { bare.child.stop() }
        let hummingbird = try Gateway(
            setting: setting, folder: "gateway-hummingbird", isDurable: true, flags: ["--hummingbird"])
        defer { hummingbird.child.stop() }
        for gateway in [stored, bare, hummingbird] {
            _ = try measure(gateway.port, gateway.child, connections: 16, deliveries, seconds: Self.warmUpSeconds)
        }
        var durable: [Int: [LoadResult]] = [:]
        var without: [Int: [LoadResult]] = [:]
        var theirs: [Int: [LoadResult]] = [:]
        for count in Self.connections {
            for _ in 0..<setting.rounds {
                durable[count, default: []].append(
                    try measure(stored.port, stored.child, connections: count, deliveries))
                without[count, default: []].append(try measure(bare.port, bare.child, connections: count, deliveries))
                theirs[count, default: []].append(
                    try measure(hummingbird.port, hummingbird.child, connections: count, deliveries))
            }
        }
        let calls = try Self.connections.map { try callsPerEvent(connections: $0, deliveries) }
        show(durable: durable, without: without, calls: calls)
        show(durable: durable, hummingbird: theirs)
        guard DebianWebhook.isInstalled else {
            return Output.show("Debian's `webhook` is not installed, so it was not measured: apt-get install webhook\n")
        }
        try compare(durable: durable, deliveries)
    }

    private func measure(
        _ port: UInt16, _ server: Child, connections: Int, path: String = "/webhooks/github", _ deliveries: Deliveries,
        seconds: Double? = nil
    ) throws -> LoadResult {
        let seconds = seconds ?? setting.seconds
        deliveries.prepare(Int(seconds * Self.signedPerSecond))
        let load = LoadGenerator(port: port, path: path, connections: connections, deliveries: deliveries)
        let before = ProcessorTime.of(server.pid)
        var result = try load.run(seconds: seconds)
        result.server = ProcessorTime.of(server.pid) - before
        return result
    }

    private func show(
        durable: [Int: [LoadResult]], without: [Int: [LoadResult]], calls: [(syncs: Double, all: Double)?]
    ) {
        var table = MarkdownTable([
            "connections", "durable/s", "p50 ms", "p99 ms", "max ms", "without ledger/s", "p99 ms", "durable ÷ without",
            "CPU µs per event, user", "system", "both", "without", "syncs per event", "system calls",
        ])
        for (count, calls) in zip(Self.connections, calls) {
            let (stored, bare) = (durable[count] ?? [], without[count] ?? [])
            table.add([
                "\(count)", stored.perSecond.figure, stored.latency(0.5).figure, stored.latency(0.99).figure,
                stored.longest.figure, bare.perSecond.figure, bare.latency(0.99).figure,
                (stored.perSecond / max(bare.perSecond, 1)).percent, stored.userMicrosecondsEach.figure,
                stored.systemMicrosecondsEach.figure, stored.microsecondsEach.figure, bare.microsecondsEach.figure,
                calls?.syncs.figure ?? "—", calls?.all.figure ?? "—",
            ])
            if stored.refusals + bare.refusals > 0 { Output.show("refused: \(stored.refusals) and \(bare.refusals)\n") }
        }
        table.show(title: "Webhooks accepted, 8 KB, signature checked")
    }

    private func show(durable: [Int: [LoadResult]], hummingbird: [Int: [LoadResult]]) {
        var table = MarkdownTable([
            "connections", "Hummingbird's durable/s", "p50 ms", "p99 ms", "CPU µs per event", "Hummingbird ÷ ours",
        ])
        for count in Self.connections {
            let (own, theirs) = (durable[count] ?? [], hummingbird[count] ?? [])
            table.add([
                "\(count)", theirs.perSecond.figure, theirs.latency(0.5).figure, theirs.latency(0.99).figure,
                theirs.microsecondsEach.figure, (theirs.perSecond / max(own.perSecond, 1)).percent,
            ])
            if theirs.refusals > 0 { Output.show("refused: \(theirs.refusals)\n") }
        }
        table.show(title: "The same gateway behind Hummingbird's connection handler and router, without limits")
    }

    /// A short run of its own, with the gateway under strace: what the kernel and the disk were really asked for, with
    /// the gateway's start in it.
    private func callsPerEvent(
        connections: Int, _ deliveries: Deliveries
    ) throws -> (syncs: Double, all: Double)? {
        guard SystemCalls.canTrace else { return nil }
        let report = "\(setting.work)/strace-\(connections).txt"
        let gateway = try Gateway(
            setting: setting, folder: "strace-\(connections)", isDurable: true,
            under: SystemCalls.prefix(report: report))
        let result = try measure(
            gateway.port, gateway.child, connections: connections, deliveries, seconds: Self.tracedSeconds)
        gateway.child.stop()
        guard let calls = SystemCalls(report: report) else { return nil }
        let accepted = Double(max(result.accepted, 1))
        let syncs = calls.counts.filter { $0.name.hasSuffix("sync") }.reduce(0) { $0 + $1.calls }
        return (syncs: Double(syncs) / accepted, all: Double(calls.total) / accepted)
    }

    /// Debian's `webhook` checks the same signatures and runs `/bin/true`: answering at once, and answering when done.
    private func compare(durable: [Int: [LoadResult]], _ deliveries: Deliveries) throws {
        var table = MarkdownTable([
            "connections", "webhook accepts/s", "p99 ms", "webhook finishes/s", "durable ÷ accepts",
            "durable ÷ finishes", "webhook's peak MB",
        ])
        for count in Self.connections {
            var (accepts, finishes, peak): ([LoadResult], [LoadResult], Double) = ([], [], 0)
            for _ in 0..<setting.rounds {
                // A new process each time: after a flood of accepted hooks it would be busy running them.
                let server = try DebianWebhook(setting: setting)
                defer { server.child.stop() }
                finishes.append(
                    try measure(server.port, server.child, connections: count, path: "/hooks/finish", deliveries))
                accepts.append(
                    try measure(server.port, server.child, connections: count, path: "/hooks/accept", deliveries))
                peak = max(peak, ProcessFigures(pid: server.child.pid)?.peakMegabytes ?? 0)
            }
            let own = (durable[count] ?? []).perSecond
            table.add([
                "\(count)", accepts.perSecond.figure, accepts.latency(0.99).figure, finishes.perSecond.figure,
                (own / max(accepts.perSecond, 1)).figure, (own / max(finishes.perSecond, 1)).figure, peak.figure,
            ])
            if accepts.refusals + finishes.refusals > 0 {
                Output.show("refused: \(accepts.refusals) and \(finishes.refusals)\n")
            }
        }
        table.show(title: "Debian's webhook, the same deliveries, running /bin/true")
    }
}

/// A gateway in a process of its own.
private struct Gateway {
    let child: Child
    let port: UInt16

    /// - Parameter under: a command that runs the gateway, and before which it stands.
    init(setting: BenchSetting, folder name: String, isDurable: Bool, flags: [String] = [], under: [String] = []) throws
    {
        let folder = try setting.folder(name)
        let output = folder + "/output.txt"
        child = try Child(
            under + [setting.bench, "gateway", "--assets", setting.assets, "--work", folder]
                + (isDurable ? ["--durable"] : []) + flags,
            output: output)
        port = try Child.port(after: "listening ", in: output)
    }
}

/// Debian's `webhook` (adnanh/webhook) with two hooks that check GitHub's signature.
private struct DebianWebhook {
    let child: Child
    let port: UInt16

    private static let program = "/usr/bin/webhook"
    private static let startSeconds = 10

    static var isInstalled: Bool { access(program, X_OK) == 0 }

    init(setting: BenchSetting) throws {
        let folder = try setting.folder("webhook")
        let hooks: JSONValue = .array([
            Self.hook("accept", waits: false), Self.hook("finish", waits: true),
        ])
        try Data(hooks.bytes()).write(to: URL(fileURLWithPath: folder + "/hooks.json"))
        port = try Self.freePort()
        child = try Child(
            [Self.program, "-hooks", folder + "/hooks.json", "-ip", "127.0.0.1", "-port", "\(port)"],
            output: folder + "/output.txt")
        for _ in 0..<Self.startSeconds * 50 {
            if let probe = Self.connect(port) {
                close(probe)
                return
            }
            usleep(20_000)
        }
        throw Failure(.failed, "webhook does not listen on port \(port)")
    }

    private static func hook(_ name: String, waits: Bool) -> JSONValue {
        [
            "id": .string(name), "execute-command": "/bin/true",
            "include-command-output-in-response": .bool(waits), "trigger-rule-mismatch-http-response-code": 401,
            "trigger-rule": [
                "match": [
                    "type": "payload-hmac-sha256", "secret": .string(Deliveries.secret),
                    "parameter": ["source": "header", "name": "X-Hub-Signature-256"],
                ]
            ],
        ]
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private static func withSocket(
        _ port: UInt16, _ body: (Int32, UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Bool
    ) -> (descriptor: Int32, port: UInt16)? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = address(port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isFine = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body(descriptor, $0, &length) }
        }
        guard isFine else {
            close(descriptor)
            return nil
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private static func connect(_ port: UInt16) -> Int32? {
        withSocket(port) { Glibc.connect($0, $1, $2) == 0 }?.descriptor
    }

    /// A port that was free a moment ago; `webhook` cannot be told to take any.
    private static func freePort() throws -> UInt16 {
        let bound = withSocket(0) { bind($0, $1, $2) == 0 && getsockname($0, $1, &$2) == 0 }
        guard let bound else { throw Failure(.unavailable, "no free port on loopback") }
        close(bound.descriptor)
        return bound.port
    }
}
