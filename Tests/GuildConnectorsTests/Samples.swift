import Foundation
import GuildConnectors
import GuildDomain
import Testing

/// The recorded deliveries and documented signatures in the folder `shared/samples` beside the repository.
enum Samples {
    struct Delivery: Sendable, CustomTestStringConvertible {
        let id: String
        let headers: Headers
        let secret: String
        let body: [UInt8]

        var testDescription: String { id }
    }

    struct Vector: Sendable {
        let name: String
        let headers: Headers
        let secret: String
        let body: [UInt8]
        /// Unix seconds, if the time matters.
        let now: Int64?
        let isValid: Bool
    }

    static let comment: Comment = "there is no folder shared/samples beside the repository"
    static let isPresent = FileManager.default.fileExists(atPath: folder.appending(path: "webhooks.jsonl").path)

    static let gitHubDeliveries: [Delivery] = lines("webhooks.jsonl").compactMap { line in
        guard line["provider"]?.string == "github", let id = line["id"]?.string, let secret = line["secret"]?.string,
            let file = line["body_file"]?.string
        else { return nil }
        return Delivery(id: id, headers: headers(line), secret: secret, body: bytes(file))
    }

    static let gitHubVectors = vectors(of: "github")

    /// The documented signatures of a scheme.
    static func vectors(of scheme: String) -> [Vector] {
        lines("signatures.jsonl").compactMap { line in
            guard line["scheme"]?.string == scheme, let name = line["name"]?.string, let body = line["body"]?.string,
                let secret = line["secret"]?.string, let isValid = line["valid"]?.bool
            else { return nil }
            return Vector(
                name: name, headers: headers(line), secret: secret, body: Array(body.utf8),
                now: line["now"]?.integer, isValid: isValid)
        }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/samples").standardizedFileURL

    private static func lines(_ file: String) -> [JSONValue] {
        // A line that is not JSON shows as a missing sample, which the tests count.
        bytes(file).split(separator: UInt8(ascii: "\n")).compactMap { try? JSONParser.parse(Array($0)) }
    }

    private static func bytes(_ file: String) -> [UInt8] {
        // Absent samples are skipped by name.
        (try? Data(contentsOf: folder.appending(path: file))).map { Array($0) } ?? []
    }

    private static func headers(_ line: JSONValue) -> Headers {
        Headers((line["headers"]?.object?.members ?? []).map { ($0.key, $0.value.string ?? "") })
    }
}

extension GitHubNormaliser {
    /// A delivery to a GitHub endpoint.
    static func normalise(
        headers: Headers, body: [UInt8], endpoint: String, now: Timestamp, identity: GitHubIdentity? = nil
    ) throws(WebhookRefusal) -> WebhookContent {
        try normalise(
            WebhookDelivery(system: "github", endpoint: endpoint, headers: headers, body: body, receivedAt: now),
            identity: identity)
    }
}
