import Foundation
import GuildDomain
import Testing

/// The recorded exchanges that lie beside the repository, in `../shared/samples`; where they are absent, tests skip.
enum ModelSamples {
    static let all: [ModelSample] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.deletingLastPathComponent().appending(path: "shared/samples/model-exchanges.jsonl")
        // Absent samples are the reason to skip; the tests say so.
        guard let data = try? Data(contentsOf: file) else { return [] }
        return data.split(separator: 0x0A).compactMap { line in
            // The file is data of others; a line that is not JSON is none of ours.
            (try? JSONParser.parse(Array(line))).map(ModelSample.init)
        }
    }()

    static var exist: Bool { !all.isEmpty }

    static func streamed(_ provider: String, _ api: String) -> [ModelSample] {
        all.filter { $0.text("provider") == provider && $0.text("api") == api && $0.json["sse_raw"]?.string != nil }
    }
}

struct ModelSample: Sendable, CustomTestStringConvertible {
    let json: JSONValue

    var id: String { text("id") }
    var testDescription: String { id }
    var events: [UInt8] { Array(text("sse_raw").utf8) }
    var usage: JSONValue { json["usage"] ?? .null }

    func text(_ key: String) -> String { json[key]?.string ?? "" }
}
