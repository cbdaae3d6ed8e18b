import GuildDomain
import GuildHTTP
import GuildTestSupport
import Logging
import Synchronization
import Testing

struct RefusalLogTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add("\(event.message) \(event.metadata?["refused"] ?? "")") }
    }

    @Test func `a thousand refusals are one line at once and one with their counts`() {
        let lines = Lines()
        let log = RefusalLog(logger: Logger(label: "test") { _ in Recorder(lines: lines) })
        #expect(log.count("slow"))
        for _ in 0..<999 { #expect(!log.count("slow")) }
        #expect(log.count("large"))
        #expect(lines.all == ["requests refused slow: 1"])
        log.flush()
        log.flush()
        #expect(lines.all == ["requests refused slow: 1", "requests refused large: 1; slow: 999"])
    }

    @Test func `requests with wrong tokens are counted, not logged one by one`() async throws {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
        let route = Route(.get, "/agents", access: .scope("read"), summary: "Agents") { _ in Reply(status: 204) }
        let tokens = BearerTokens([.init(token: "probe", scopes: ["approve"])])
        try await withListener([route, .health], tokens: tokens, logger: logger) { port, _ in
            try await talk(port) { client in
                for number in 0..<40 {
                    let headers: Headers = ["Authorization": "Bearer wrong\(number)"]
                    let wrong = try client.request("GET", "/agents", headers: headers)
                    #expect(wrong.status == 401)
                }
                let none = try client.request("GET", "/agents")
                #expect(none.status == 401)
                let probe = try client.request("GET", "/agents", headers: ["Authorization": "Bearer probe"])
                #expect(probe.status == 403)
            }
        }
        #expect(
            lines.all.filter { $0.hasPrefix("requests refused") } == [
                "requests refused a wrong bearer token: 1",
                "requests refused a bearer token without the scope: 1; a wrong bearer token: 39; no bearer token: 1",
            ])
    }

    @Test func `kinds without end are counted together`() {
        let lines = Lines()
        let log = RefusalLog(logger: Logger(label: "test") { _ in Recorder(lines: lines) })
        for kind in 0..<1000 { log.count("kind \(kind)") }
        log.flush()
        #expect(lines.all.count == 2)
        #expect(lines.all.last?.contains("others: 936") == true)
        #expect((lines.all.last?.utf8.count ?? .max) < 2000)
    }
}
