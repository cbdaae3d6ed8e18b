import GuildDomain
import GuildHTTP
import GuildOffice
import Logging
import Synchronization
import Testing

@testable import GuildCitadel

@Suite struct APIAccessTests {
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

        func log(event: LogEvent) { lines.add("\(event.message)") }
    }

    @Test func `a token whose secret is missing is logged once, however many requests come`() async throws {
        let office = try Office([
            "guild.yaml": OfficeCodex.manifest(
                "Guild", "acme",
                #"api: { tokens: [{ name: ci, secret_ref: "env://NO_TOKEN", scopes: ["agents:read"] }] }"#)
        ])
        let lines = Lines()
        let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
        let access = APIAccess(
            codex: office.codex, secrets: office.secrets, refusals: RefusalLog(logger: logger), logger: logger)
        for number in 0..<50 {
            #expect(await access.tokens().grant(authorization: "Bearer \(number)") == nil)
        }
        #expect(lines.all == ["requests refused", "a bearer token is unavailable"])
    }
}
