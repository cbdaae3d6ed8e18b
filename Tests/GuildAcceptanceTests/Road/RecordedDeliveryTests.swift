import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// GitHub's own payloads in the folder `shared/samples` beside the repository.
private enum RecordedDeliveries {
    struct Recorded: Sendable {
        let name: String
        let event: String
        let body: [UInt8]
    }

    static let isPresent = FileManager.default.fileExists(atPath: folder.appending(path: "webhooks.jsonl").path)

    static func gitHub() throws -> [Recorded] {
        let list = try String(contentsOf: folder.appending(path: "webhooks.jsonl"), encoding: .utf8)
        return try list.split(separator: "\n").map { try JSONParser.parse($0) }
            .filter { $0["provider"] == "github" }
            .map { line in
                let file = try #require(line["body_file"]?.string)
                return Recorded(
                    name: try #require(line["id"]?.string), event: try #require(line["event"]?.string),
                    body: Array(try Data(contentsOf: folder.appending(path: file))))
            }
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/samples").standardizedFileURL
}

extension Road {
    struct RecordedDeliveryTests {
        @Test(.enabled("the samples are beside the repository") { RecordedDeliveries.isPresent })
        func `every recorded GitHub payload is taken, and its envelope says what it is`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let served = try await codex.serve("webhook-gateway")
            let deliveries = try RecordedDeliveries.gitHub()
            #expect(!deliveries.isEmpty)
            for recorded in deliveries {
                let payload = try JSONParser.parse(recorded.body)
                var delivery = WebhookDelivery(body: recorded.body)
                delivery.event = recorded.event
                let response = try await served.deliver(delivery)
                let isPing = recorded.event == "ping"
                #expect(response.status == (isPing ? 200 : 202), "\(recorded.name): \(response.text)")
                guard let id = response.json?["id"]?.string else { continue }
                let event = try await codex.json("audit", "show", id)["event"]
                let envelope = Envelope(recorded.event, payload)
                let comment: Comment = "\(recorded.name) \(recorded.event)"
                #expect(event?["type"]?.string == envelope.type, comment)
                #expect(event?["guildevent"]?.string == envelope.guildEvent, comment)
                #expect(event?["subject"]?.string == envelope.subject, comment)
                #expect(event?["source"]?.string == envelope.source, comment)
                #expect(event?["system"] == "github", comment)
            }
            let events = deliveries.count { $0.event != "ping" }
            #expect(try await codex.audit("event.accepted").count == events)
            #expect(try await served.stop() == .exited(0))
        }
    }
}

/// The envelope by the rules of the specification for GitHub events, computed again from the payload.
private struct Envelope {
    let type: String
    let guildEvent: String?
    let subject: String?
    let source: String

    init(_ event: String, _ payload: JSONValue) {
        let action = payload["action"]?.string
        let repository = payload.value(at: ["repository", "full_name"])?.string
        type = [event, action].compactMap { $0 }.joined(separator: ".")
        let organisation = payload.value(at: ["organization", "login"])?.string
        source = "/github/" + (repository ?? organisation ?? "")
        subject = repository.map { $0 + Self.part(event, payload) }
        guildEvent = Self.guildEvent(type, payload)
    }

    private static func part(_ event: String, _ payload: JSONValue) -> String {
        if event == "push" { return "@" + (payload["ref"]?.string ?? "") }
        if let sha = payload.value(at: [event, "head_sha"])?.string { return "@" + sha }
        if event == "status" { return "@" + (payload["sha"]?.string ?? "") }
        let number = ["pull_request", "issue", "discussion"].lazy
            .compactMap { payload.value(at: [$0, "number"])?.integer }.first
        return number.map { "#\($0)" } ?? ""
    }

    private static func guildEvent(_ type: String, _ payload: JSONValue) -> String? {
        switch type {
        case "pull_request.opened": "PR_OPENED"
        case "pull_request.closed":
            payload.value(at: ["pull_request", "merged"]) == true ? "PR_MERGED" : "PR_CLOSED"
        case "pull_request.synchronize", "pull_request.edited": "PR_UPDATED"
        case "issues.opened": "ISSUE_OPENED"
        case "push": "PUSH_RECEIVED"
        case "check_run.completed", "check_suite.completed", "workflow_run.completed":
            ["failure", "timed_out"].contains(
                payload.value(at: [String(type.prefix { $0 != "." }), "conclusion"])?.string) ? "CHECK_FAILED" : nil
        default: nil
        }
    }
}
