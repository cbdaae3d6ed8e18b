import GuildDomain
import GuildTestSupport
import GuildTransport

@testable import GuildRuntime

/// How a body is cut into what the client reads.
enum Cut: String, CaseIterable, Sendable {
    case whole, halves, bytes, chunks

    /// The steps that send a stream of events; `chunks` are HTTP's, of 7 bytes, which split characters and lines.
    func steps(_ body: [UInt8]) -> [RawServer.Step] {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        switch self {
        case .whole: return [.send(Array("\(head)\r\n".utf8) + body), .close]
        case .halves:
            let middle = body.count / 2
            return [.send("\(head)\r\n"), .send(Array(body[..<middle])), .send(Array(body[middle...])), .close]
        case .bytes: return [.send("\(head)\r\n")] + body.map { .send([$0]) } + [.close]
        case .chunks:
            var steps: [RawServer.Step] = [.send("\(head)Transfer-Encoding: chunked\r\n\r\n")]
            for start in stride(from: 0, to: body.count, by: 7) {
                let piece = body[start..<min(start + 7, body.count)]
                steps.append(.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A]))
            }
            return steps + [.send("0\r\n\r\n")]
        }
    }
}

/// A vendor on loopback that answers every call with the same steps, and a provider that calls it.
final class ModelServer: Sendable {
    let server: RawServer
    let client = HTTPClient()

    convenience init(_ steps: [RawServer.Step]) throws { try self.init { _ in steps } }

    init(_ script: @escaping RawServer.Script) throws { server = try RawServer(script) }

    func provider(
        _ kind: ProviderSettings.Kind = .anthropic, path: String = "", key: String? = "sk-test-key",
        timeouts: HTTPTimeouts = ProviderSettings.modelTimeouts, dialects: OpenAIDialects = OpenAIDialects(),
        time: any TimeSource = SystemTime()
    ) throws -> any ModelProvider {
        var settings = ProviderSettings(
            kind: kind, baseURL: server.url(path), model: "fallback-model", apiKey: { key }, timeouts: timeouts)
        settings.dialects = dialects
        settings.time = time
        return ServedProvider(vendor: self, provider: try settings.provider(client: client))
    }

    /// The body of the first request.
    func sent() throws -> JSONValue {
        try JSONParser.parse(server.requests.first?.body ?? [])
    }

    var allSent: [JSONValue] { get throws { try server.requests.map { try JSONParser.parse($0.body) } } }
}

/// Keeps its vendor alive as long as somebody may call it.
private struct ServedProvider: ModelProvider {
    let vendor: ModelServer
    let provider: any ModelProvider

    var name: String { provider.name }

    func complete(
        _ request: ModelRequest, onDelta: @escaping @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn { try await provider.complete(request, onDelta: onDelta) }
}

extension ModelProvider {
    /// The failure of a call, or nil where it brings an answer.
    func failure(_ request: ModelRequest) async -> ModelFailure? {
        do {
            _ = try await complete(request) { _ in }
            return nil
        } catch {
            return error
        }
    }
}

extension ModelRequest {
    static let hello = hello(model: "m")

    static func hello(model: String) -> ModelRequest {
        ModelRequest(
            model: model, system: "Be brief.", messages: [ModelMessage(role: .user, content: [.text("Hello")])])
    }
}
