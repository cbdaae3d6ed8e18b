import GuildConnectors
import Logging
import Synchronization
import Testing

struct RedactingLogHandlerTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
            lines.all.withLock { $0.append("\(event.message) \(metadata) \(String(describing: event.error))") }
        }
    }

    private struct Talkative: Error { let token = "hunter2" }

    @Test func `no part of a log event shows a secret, even one learnt later`() {
        let lines = Lines()
        let redactor = Redactor()
        var recorder = Recorder(lines: lines)
        recorder.metadata["early"] = "hunter2"
        recorder.metadataProvider = Logger.MetadataProvider { ["provided": "hunter2"] }
        var logger = Logger(label: "test") { _ in RedactingLogHandler(recorder, redactor: redactor) }
        logger[metadataKey: "own"] = "hunter2"
        redactor.learn(Secret("hunter2"))
        logger.info("the hunter2", metadata: ["a": ["b": "hunter2"], "c": ["x", "hunter2"], "d": "\(Talkative())"])
        logger.error("failed", error: Talkative())
        let text = lines.all.withLock { $0.joined(separator: "\n") }
        #expect(!text.contains("hunter2"))
        #expect(text.contains("the ••••") && text.contains("early") && text.contains("provided"))
        #expect(text.contains("Talkative"))
    }
}
