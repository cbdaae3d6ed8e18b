import Foundation
import GuildConnectors
import GuildDomain

/// What one delivery costs the processor before the ledger sees it.
struct ParsingBench {
    private static let repeats = 500
    private static let batchesPerRound = 5

    let setting: BenchSetting

    func run() throws {
        let body = try setting.payload()
        let secret = Secret(Deliveries.secret)
        let signature = GitHubSignature.sign(body, secret: secret)
        let headers: Headers = [
            "X-GitHub-Event": "issues", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "Content-Type": "application/json",
        ]
        let now = SystemTime().now
        var table = MarkdownTable(["step", "µs"])
        table.add([
            "check the signature",
            try microseconds { GitHubSignature.isValid(signature, body: body, secrets: [secret]) }.figure,
        ])
        table.add([
            "parse and normalise, with the body's digest",
            try microseconds {
                let delivery = WebhookDelivery(
                    system: "github", endpoint: "github", headers: headers, body: body, receivedAt: now)
                return try !GitHubNormaliser.normalise(delivery).events.isEmpty
            }.figure,
        ])
        table.add([
            "parse all of it into values", try microseconds { try JSONParser.parse(body).object != nil }.figure,
        ])
        table.show(title: "One delivery of 8 KB, on one core")
    }

    /// The median batch's mean.
    private func microseconds(_ step: () throws -> Bool) throws -> Double {
        var times: [Double] = []
        for _ in 0..<setting.rounds * Self.batchesPerRound {
            let start = MonotonicClock.now
            for _ in 0..<Self.repeats {
                guard try step() else { throw Failure(.failed, "the delivery was refused") }
            }
            times.append(Double(MonotonicClock.now - start) / 1e3 / Double(Self.repeats))
        }
        return times.median
    }
}
