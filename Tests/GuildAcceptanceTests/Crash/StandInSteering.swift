import Foundation
import GuildDomain
import GuildTestSupport

/// The stand-in as the harness uses it: it holds single answers, and counts what arrived.
struct StandInSteering: Sendable {
    let process: StandInProcess
    let logPath: String

    static func start(in folder: String) async throws -> StandInSteering {
        let logs = folder + "/standin"
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        let path = logs + "/requests.jsonl"
        return StandInSteering(process: try await StandInProcess.start(["--log", path]), logPath: path)
    }

    /// Holds the next call of a model at a gate: before its answer, or behind some events of it.
    func holdModelCall(at gate: String, afterEvents: Int?) async throws {
        var step: JSONObject = ["holdUntil": .string(gate), "times": 1]
        if let afterEvents { step["afterEvents"] = .integer(afterEvents) }
        try await replaceScript([.object(step)])
    }

    /// Holds the next comment at a gate: before it is made, or before its answer.
    func holdComment(at gate: String, afterEffect: Bool) async throws {
        try await replaceScript([
            [
                "path": "/comments", "method": "POST", "holdUntil": .string(gate), "afterEffect": .bool(afterEffect),
                "times": 1,
            ]
        ])
    }

    private func replaceScript(_ script: JSONValue) async throws {
        let response = try await talk(process.port) {
            try $0.request("POST", "/__standin/script", body: script.bytes())
        }
        guard response.status == 204 else { throw Failure(.failed, "the script was refused", hint: response.text) }
    }

    /// Returns when an answer waits at the gate.
    func arrival(at gate: String) async throws {
        try await talk(process.port) { client in
            for _ in 0..<Self.looksLimit {
                if let count = try client.request("GET", "/__standin/gates").json?[gate]?.integer, count > 0 { return }
                sched_yield()
            }
            throw Failure(.unavailable, "nothing came to the gate \(gate)")
        }
    }

    /// Looks at the gates after which nothing can be expected to come any more; a look takes about a millisecond.
    private static let looksLimit = 100_000

    func release(_ gate: String) async throws {
        _ = try await talk(process.port) { try $0.request("POST", "/__standin/release/\(gate)") }
    }

    /// Blocks until `count` more requests of a kind were logged than stood there before.
    func wait(requests count: Int, of kind: Arrivals.Kind, since before: Int, watch: FileWatch) throws {
        while try Arrivals.lines(of: logPath).count(where: { $0.kind == kind }) < before + count {
            try watch.wait(writes: 1)
        }
    }

    func count(of kind: Arrivals.Kind) throws -> Int {
        try Arrivals.lines(of: logPath).count { $0.kind == kind }
    }
}

/// What the stand-in has logged: every request, before it was answered.
struct Arrivals: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case model = "openai"
        case github
    }

    struct Line {
        let kind: Kind
        let bytes: ArraySlice<UInt8>
    }

    /// Calls of the model, by the mark of the delivery that they are about.
    private(set) var calls: [String: Int] = [:]
    /// Comments that were made, by idempotency key.
    private(set) var comments: [String: Int] = [:]
    /// Calls without a mark, comments without a key.
    private(set) var strangers: [String] = []

    init(_ path: String) throws {
        for line in try Self.lines(of: path) {
            switch line.kind {
            case .model:
                let mark = Self.mark(in: line.bytes)
                calls[mark, default: 0] += 1
                if mark.isEmpty { strangers.append("a model call") }
            case .github:
                let request = try JSONParser.parse(Array(line.bytes))
                guard request["method"] == "POST", request["path"]?.string?.hasSuffix("/comments") == true else {
                    continue
                }
                let key = request["headers"]?["idempotency-key"]?.string ?? ""
                comments[key, default: 0] += 1
                if key.isEmpty { strangers.append("a comment") }
            }
        }
    }

    /// The whole lines of the log. Its first members are sequence and kind.
    static func lines(of path: String) throws -> [Line] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let heads = Kind.allCases.map { ($0, Array("\"kind\":\"\($0.rawValue)\"".utf8)) }
        return Array(data).split(separator: UInt8(ascii: "\n")).compactMap { bytes in
            let start = bytes.prefix(headBytes)
            return heads.first { start.firstRange(of: $0.1) != nil }.map { Line(kind: $0.0, bytes: bytes) }
        }
    }

    private static let headBytes = 64

    private static func mark(in bytes: ArraySlice<UInt8>) -> String {
        guard let range = bytes.firstRange(of: Array(Delivery.markPrefix.utf8)) else { return "" }
        return String(decoding: bytes[range.lowerBound...].prefix(Delivery.markBytes), as: UTF8.self)
    }
}
