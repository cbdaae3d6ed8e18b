import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// What whoever reaches the port can try, from loopback and by the thousand: `make soak`.
@Suite(
    .serialized, .enabled(if: ProcessInfo.processInfo.environment["GUILD_SOAK"] == "1"), .timeLimit(.minutes(10)))
struct PeerSoakTests {
    /// Of `guild serve`, whatever it is sent.
    private static let peakLimitMegabytes = 200

    // The floods of small requests and chunks are sized for a debug build, which parses ten times slower than a release.

    /// Serves, is attacked, takes a delivery under attack, and ends as always.
    private func attacked(
        _ attack: @escaping @Sendable (Int) throws -> [RawClient]
    ) async throws {
        let codex = try await TemporaryCodex.clerk()
        let served = try await codex.serve("webhook-gateway", "registry")
        let clients = try await blocking { [port = served.port] in Held(try attack(port)) }
        for number in 1...20 {
            #expect(try await served.deliver(.issue(Int64(number))).status == 202)
        }
        #expect(try await served.get("/readyz").status == 200)
        let peak = try peakMegabytes(served.child.processID)
        #expect(peak < Self.peakLimitMegabytes, "\(peak) MB")
        withExtendedLifetime(clients) {}
        #expect(try await served.stop() == .exited(0))
        #expect(try await codex.isAuditValid())
    }

    /// Sockets are used by one thread at a time.
    private final class Held: @unchecked Sendable {
        let clients: [RawClient]
        init(_ clients: [RawClient]) { self.clients = clients }
    }

    @Test func `clients that ask and never read cost little`() async throws {
        try await attacked { port in
            let asks = Array(
                String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 20_000).utf8)
            return try (0..<8).map { _ in
                let client = try RawClient(port: port)
                client.sendWhatFits(asks)
                return client
            }
        }
    }

    @Test func `clients that ask, end their direction and never read cost little`() async throws {
        try await attacked { port in
            let asks = Array(String(repeating: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 20_000).utf8)
            return try (0..<16).map { _ in
                let client = try RawClient(port: port)
                client.sendWhatFits(asks)
                client.finishSending()
                return client
            }
        }
    }

    @Test func `large bodies that nobody signed keep no delivery out`() async throws {
        try await attacked { port in
            let signature = "sha256=" + String(repeating: "0", count: 64)
            let piece = [UInt8](repeating: 0x20, count: 24 << 20)
            return try (0..<16).map { _ in
                let client = try RawClient(port: port)
                let head = """
                    POST /webhooks/github HTTP/1.1
                    Host: localhost
                    X-Hub-Signature-256: \(signature)
                    Content-Length: \(piece.count + 1)


                    """
                try client.send(head: head)
                client.sendWhatFits(piece)
                return client
            }
        }
    }

    @Test func `silent connections by the thousand keep no delivery out`() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let count = min(4096, Int(clamping: limit.rlim_cur) - 512)
        try await attacked { port in try (0..<count).map { _ in try RawClient(port: port) } }
    }

    @Test func `headers that never end cost little`() async throws {
        try await attacked { port in
            let half = "GET / HTTP/1.1\nHost: localhost\n" + String(repeating: "X: aaaaaaaaaaaaaaaaaaaa\n", count: 90)
            return try (0..<900).map { _ in
                let client = try RawClient(port: port)
                try client.send(head: half)
                return client
            }
        }
    }

    @Test func `bodies in pieces of a byte cost little`() async throws {
        try await attacked { port in
            let head = """
                POST /webhooks/github HTTP/1.1
                Host: localhost
                X-Hub-Signature-256: sha256=\(String(repeating: "0", count: 64))
                Transfer-Encoding: chunked


                """
            let pieces = Array(String(repeating: "1\r\na\r\n", count: 50_000).utf8)
            return try (0..<16).map { _ in
                let client = try RawClient(port: port)
                try client.send(head: head)
                client.sendWhatFits(pieces)
                return client
            }
        }
    }

    private func peakMegabytes(_ process: pid_t) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.split(separator: " ").dropLast().last ?? "")) / 1024
    }
}
