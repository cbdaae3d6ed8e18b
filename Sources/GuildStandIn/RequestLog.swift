import Foundation
import GuildDomain
import GuildHTTP
import Synchronization

/// The received requests, in order. With a path each is also appended to a file before it is answered, so that a
/// harness can count them after the stand-in was killed.
final class RequestLog: Sendable {
    private struct Kept {
        var sequence: Int64 = 0
        var requests: [JSONValue] = []
    }

    /// Older requests are forgotten beyond this; the file has them all.
    private static let keptRequests = 20_000
    private static let secretFields: Set<String> = ["authorization", "x-api-key", "cookie", "proxy-authorization"]

    private let file: Int32?
    private let keepsRequests: Bool
    private let kept = Mutex(Kept())

    init(path: String?, keepsRequests: Bool) throws {
        self.keepsRequests = keepsRequests
        guard let path else {
            file = nil
            return
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Failure(.usage, "cannot write the log \(path): \(String(cString: strerror(errno)))")
        }
        file = descriptor
    }

    deinit { if let file { close(file) } }

    /// - Parameters:
    ///   - kind: `anthropic`, `openai` or `github`.
    ///   - effects: the changes of a GitHub write.
    func record(_ kind: String, _ request: Request, effects: [JSONValue] = []) throws {
        guard keepsRequests || file != nil else { return }
        try kept.withLock {
            $0.sequence += 1
            let entry = Self.entry(kind, request, effects, sequence: $0.sequence)
            if keepsRequests {
                if $0.requests.count >= Self.keptRequests { $0.requests.removeFirst(Self.keptRequests / 2) }
                $0.requests.append(entry)
            }
            if let file { try Self.append(entry, to: file) }
        }
    }

    var requests: [JSONValue] { kept.withLock { $0.requests } }

    /// Forgets the requests kept; the file stays.
    func reset() { kept.withLock { $0.requests = [] } }

    private static func entry(
        _ kind: String, _ request: Request, _ effects: [JSONValue], sequence: Int64
    ) -> JSONValue {
        let headers = request.headers.fields.map { field in
            let name = field.name.lowercased()
            return (name, JSONValue.string(secretFields.contains(name) ? "[redacted]" : field.value))
        }
        // A body that is not JSON is shown as its text.
        let parsed = try? JSONParser.parse(request.body)
        let body = request.body.isEmpty ? .null : parsed ?? .string(String(decoding: request.body, as: UTF8.self))
        return [
            "sequence": .integer(sequence), "kind": .string(kind), "method": .string(request.method),
            "path": .string(request.path),
            "query": .object(JSONObject(request.query.map { ($0.name, JSONValue.string($0.value)) })),
            "headers": .object(JSONObject(headers)), "body": body, "effects": .array(effects),
        ]
    }

    /// One call, so that the line is whole or not there.
    private static func append(_ entry: JSONValue, to file: Int32) throws {
        let line = entry.bytes() + [UInt8(ascii: "\n")]
        let written = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written == line.count else {
            throw Failure(.unavailable, "cannot append to the log: \(String(cString: strerror(errno)))")
        }
    }
}
