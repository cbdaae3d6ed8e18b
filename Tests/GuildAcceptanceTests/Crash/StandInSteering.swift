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

    /// From now on the answers come without a script.
    func forgetScript() async throws { try await replaceScript([]) }

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

    /// Blocks until `count` more requests of a kind were logged than `tail` had read.
    func wait(requests count: Int, of kind: Arrivals.Kind, since tail: LogTail) throws {
        let watch = try FileWatch(logPath)
        var (tail, seen) = (tail, 0)
        while true {
            seen += try tail.newLines().count { Arrivals.Kind(ofLine: $0) == kind }
            if seen >= count { return }
            try watch.wait(writes: 1)
        }
    }
}
