import GuildDomain
import GuildHTTP
import Synchronization

/// Sends an answer as its step says: held, cut short, spoilt or whole.
struct Delivery: Sendable {
    struct Broken: Error {}

    let pieces: [[UInt8]]
    let step: ScriptEntry?
    let gates: Gates

    private static let nonsense = Array("event: \u{1}\ndata: {\"type\": \"content_bl\u{FFFD}<html>\n\n".utf8)

    /// An answer that is not streamed; faults but a status apply to it.
    func whole(status: Int = 200, headers: Headers) async throws -> Reply {
        let body = pieces.flatMap { $0 }
        switch step?.fault {
        case nil, .http: return Reply(status: status, headers: headers, body: .bytes(body))
        case .stall: try await gates.stall()
        case .garbage: return Reply(status: status, headers: headers, body: .bytes(Array("{\"id\": <html>".utf8)))
        case .truncate:
            let half = Array(body.prefix(body.count / 2))
            let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.yield(half)
                continuation.finish(throwing: Broken())
            }
            return Reply(status: status, headers: headers, body: .stream(stream))
        }
    }

    func stream(headers: Headers, inOnePiece: Bool) -> Reply {
        let isPlain = step?.fault == nil && (step?.gate == nil || step?.afterEvents == nil)
        if inOnePiece, isPlain {
            return Reply(status: 200, headers: headers, body: .bytes(pieces.flatMap { $0 }))
        }
        let interferesAt = isPlain ? pieces.count : min(step?.afterEvents ?? 0, pieces.count)
        let cursor = Cursor()
        let stream = AsyncThrowingStream<[UInt8], any Error> { () async throws -> [UInt8]? in
            var position = cursor.next()
            if position == interferesAt {
                if let bytes = try await interfere() { return bytes }
                position = cursor.next()
            }
            // The interference took a place of its own.
            let index = position > interferesAt ? position - 1 : position
            return index < pieces.count ? pieces[index] : nil
        }
        return Reply(status: 200, headers: headers, body: .stream(stream))
    }

    private final class Cursor: Sendable {
        private let position = Atomic<Int>(-1)

        func next() -> Int { position.add(1, ordering: .relaxed).newValue }
    }

    private func interfere() async throws -> [UInt8]? {
        if let gate = step?.gate, step?.afterEvents != nil { try await gates.pass(gate) }
        switch step?.fault {
        case nil, .http: return nil
        case .stall: try await gates.stall()
        case .truncate: throw Broken()
        case .garbage: return Self.nonsense
        }
    }
}

extension JSONValue {
    /// A server-sent event; without a name only its data.
    func event(_ name: String? = nil) -> [UInt8] {
        Array((name.map { "event: \($0)\n" } ?? "").utf8) + Array("data: ".utf8) + bytes() + [0x0A, 0x0A]
    }
}
