import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// What the gateway turns away leaves no trace; what it cannot check it does not take.
    struct WebhookDoorTests {
        struct Refusal: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let status: Int
            let change: @Sendable (inout WebhookDelivery) -> Void

            init(_ name: String, _ status: Int, _ change: @escaping @Sendable (inout WebhookDelivery) -> Void) {
                (testDescription, self.status, self.change) = (name, status, change)
            }
        }

        private static let refusals: [Refusal] = [
            Refusal("another secret", 401) { $0.secret = "guessed" },
            Refusal("an endpoint that is not there", 404) { $0.path = "/webhooks/github/nobody" },
            Refusal("a system that is not there", 404) { $0.path = "/webhooks/nobody" },
            Refusal("a body over the endpoint's limit", 413) { $0.path = "/webhooks/github/small" },
            Refusal("a body that is no JSON", 400) { $0.body = Array("{\"action\":".utf8) },
            Refusal("a body that is no object", 400) { $0.body = Array("[1]".utf8) },
            Refusal("a delivery without an id", 400) { $0.id = "" },
            Refusal("an event without a name", 400) { $0.event = "" },
        ]

        @Test func `what is refused makes no event`() async throws {
            let codex = try await TemporaryCodex.clerk(changing: [
                "ingress/small.yaml": ClerkCodex.endpoint("small", isDefault: false, more: "  max_body: 64B")
            ])
            let served = try await codex.serve()
            for refusal in Self.refusals {
                var delivery = WebhookDelivery.issue()
                refusal.change(&delivery)
                let response = try await served.deliver(delivery)
                #expect(response.status == refusal.status, "\(refusal.testDescription): \(response.text)")
            }
            try await expectUnsigned(served)
            try await expectTruncated(served)
            #expect(try await codex.audit("event.accepted") == [])
            #expect(served.child.errors.contains("bad signature"))
            #expect(try await served.stop() == .exited(0))
            #expect(try await codex.isAuditValid())
        }

        private func expectUnsigned(_ served: ServedCodex) async throws {
            let delivery = WebhookDelivery.issue()
            let kept = delivery.headers.fields.filter { $0.name != "x-hub-signature-256" }
            let headers = Headers(kept.map { ($0.name, $0.value) })
            let response = try await talk(served.port) {
                try $0.request("POST", delivery.path, headers: headers, body: delivery.body)
            }
            #expect(response.status == 401)
            // Whoever guesses learns nothing.
            #expect(response.json?["detail"] == nil)
        }

        /// The sender goes away in the middle of its body.
        private func expectTruncated(_ served: ServedCodex) async throws {
            let delivery = WebhookDelivery.issue()
            var head = "POST \(delivery.path) HTTP/1.1\nHost: localhost\nContent-Length: \(delivery.body.count)\n"
            for field in delivery.headers.fields { head += "\(field.name): \(field.value)\n" }
            let request = head + "\n"
            let answer = try await talk(served.port) { client in
                try client.send(head: request)
                try client.send(Array(delivery.body.dropLast(10)))
                client.finishSending()
                return try client.readToEnd()
            }
            #expect(!String(decoding: answer, as: UTF8.self).contains(" 202 "))
        }

        @Test func `a ping is answered and is no event`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let served = try await codex.serve("webhook-gateway")
            var ping = WebhookDelivery(body: Array(#"{"zen": "Keep it logically awesome."}"#.utf8))
            ping.event = "ping"
            #expect(try await served.deliver(ping).status == 200)
            #expect(try await codex.audit("event.accepted") == [])
        }

        @Test func `without a secret the door is shut, and the log says why`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let served = try await codex.serve("webhook-gateway", overriding: ["GITHUB_WEBHOOK_SECRET": nil])
            let response = try await served.deliver(.issue())
            #expect(response.status == 503)
            #expect(response.headers["retry-after"] != nil)
            #expect(response.json?["detail"] == nil)
            let line = try await served.child.errorLine(containing: "no secret configured")
            #expect(line.contains("endpoint=github"))
            #expect(served.child.errors.contains("env://GITHUB_WEBHOOK_SECRET"))
            #expect(try await codex.audit("event.accepted") == [])
        }

        @Test func `a second secret that is missing is told at the start, once, and refuses nothing`() async throws {
            let endpoint = ClerkCodex.endpoint().replacing(
                "\"env://GITHUB_WEBHOOK_SECRET\"", with: "\"env://GITHUB_WEBHOOK_SECRET\", \"env://NEXT_SECRET\"")
            let codex = try await TemporaryCodex.clerk(changing: ["ingress/github.yaml": endpoint])
            let served = try await codex.serve("webhook-gateway")
            let line = try await served.child.errorLine(containing: "webhook secret unavailable")
            #expect(line.contains("endpoint=github") && line.contains("env://NEXT_SECRET"), "\(line)")
            for number: Int64 in 1...3 { #expect(try await served.deliver(.issue(number)).status == 202) }
            let ready = try await served.get("/readyz")
            #expect(ready.status == 200)
            // Which secret it is, is not for everybody.
            #expect(
                ready.json?.value(at: ["webhooks"]) == [["endpoint": "github/github", "missing": 1, "usable": true]])
            #expect(!ready.text.contains("NEXT_SECRET"))
            #expect(try await served.stop() == .exited(0))
            let errors = served.child.errors
            #expect(errors.components(separatedBy: "webhook secret unavailable").count == 2, "\(errors)")
            #expect(errors.components(separatedBy: "env://NEXT_SECRET").count == 2, "\(errors)")
            #expect(!errors.contains("requests refused"), "\(errors)")
        }

        @Test func `a form is taken as JSON is`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let served = try await codex.serve("webhook-gateway")
            var form = WebhookDelivery.issue()
            let hex = form.body.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            form.body = Array("payload=\(hex)".utf8)
            form.contentType = "application/x-www-form-urlencoded"
            let response = try await served.deliver(form)
            #expect(response.status == 202, "\(response.text)")
            let event = try #require(response.json?["id"]?.string)
            let trace = try await codex.json("audit", "show", event)
            #expect(trace.value(at: ["event", "subject"]) == "acme/shop#7")
        }
    }
}
