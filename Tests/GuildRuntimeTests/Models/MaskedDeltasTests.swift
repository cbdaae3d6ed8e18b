import Foundation
import GuildConnectors
import GuildDomain
import GuildTestSupport
import GuildTransport
import Synchronization
import Testing

@testable import GuildRuntime

@Suite struct MaskedDeltasTests {
    private static let secret = "tok-0123/456789+abc é"
    private static let redactor = {
        let redactor = Redactor()
        redactor.learn(Secret(secret))
        return redactor
    }()

    /// What is shown of pieces of one text.
    private func shown(_ pieces: [String]) -> String {
        var deltas = MaskedDeltas(Self.redactor)
        let shown = pieces.flatMap { deltas.push(.text($0)) } + deltas.finish()
        return shown.map { if case .text(let text) = $0 { text } else { "" } }.joined()
    }

    private static let base64 = Data("user:\(secret)".utf8).base64EncodedString()
    private static let hex = secret.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    private static let url = secret.utf8.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    private static let json = secret.unicodeScalars.map {
        "\\u" + String(repeating: "0", count: 4 - String($0.value, radix: 16).count) + String($0.value, radix: 16)
    }.joined()

    @Test(arguments: [secret, hex, url, json, secret.replacing("/", with: "\\/").replacing("+", with: "&#43;")])
    func `a secret is masked wherever a stream is cut, in any encoding`(form: String) {
        let text = Array("Say \(form)!".unicodeScalars)
        for cut in 0...text.count {
            let pieces = [text[..<cut], text[cut...]].map { String(String.UnicodeScalarView($0)) }
            #expect(shown(pieces) == "Say ••••!", "cut at \(cut)")
        }
        #expect(shown(text.map { String($0) }) == "Say ••••!")
    }

    @Test func `base64 is masked in pieces as it is whole`() {
        let text = "Basic \(Self.base64)."
        #expect(shown(text.map { String($0) }) == Self.redactor.maskedData(text))
        #expect(shown(text.map { String($0) }).contains("••••"))
    }

    @Test func `a text without secrets comes as it is, and what cannot be a secret at once`() {
        var deltas = MaskedDeltas(Self.redactor)
        #expect(deltas.push(.text("no secret here.")) == [.text("no secret here.")])
        #expect(deltas.push(.text("tok-0")).isEmpty)
        #expect(deltas.push(.text("x")) == [.text("tok-0x")])
        #expect(deltas.push(.text("tok-")).isEmpty)
        #expect(
            deltas.push(.toolUseStarted(id: "a", name: "b")) == [.text("tok-"), .toolUseStarted(id: "a", name: "b")])
        #expect(deltas.push(.reasoning("tok-")).isEmpty)
        #expect(deltas.push(.text("é")) == [.reasoning("tok-"), .text("é")])
        #expect(deltas.finish().isEmpty)
    }

    @Test func `no text is held back without end`() {
        let backslashes = String(repeating: "\\", count: 6_000)
        #expect(shown(["tok"] + backslashes.map { String($0) }) == "tok" + backslashes)
    }

    @Test func `a secret that goes from one text of an answer into the next is masked`() {
        let turn = ModelTurn(
            content: [
                .reasoning(["text": "x"]), .text("It is tok-0123/45"), .toolUse(id: "a", name: "b", input: [:]),
                .text("6789+abc é."),
            ], stop: .endTurn, usage: nil, model: "m")
        #expect(
            turn.masked(by: Self.redactor).content == [
                .reasoning(["text": "x"]), .text("It is ••••."), .toolUse(id: "a", name: "b", input: [:]),
            ])
    }

    @Test func `a provider's answer is masked before anybody sees it`() async throws {
        let events =
            ["It is tok-01", "23/456789+", "abc é."].map {
                OpenAIStreamTests.chunk(JSONValue.object(["content": .string($0)]).text())
            }
            + [OpenAIStreamTests.chunk("{}", finish: "stop"), "[DONE]"]
        let server = try RawServer { _ in
            RawServer.respond(
                headers: ["Content-Type": "text/event-stream"], body: events.map { "data: \($0)\n\n" }.joined())
        }
        let connection = ProviderConnection(
            provider: "p", client: HTTPClient(), baseURL: server.url(), needsKey: false, apiKey: { nil },
            timeouts: ProviderSettings.modelTimeouts, redactor: Self.redactor)
        let seen = Pieces()
        let turn = try await OpenAIProvider(connection, model: "m").complete(.hello) { seen.add($0) }
        #expect(turn.content == [.text("It is ••••.")])
        #expect(seen.text == "It is ••••.")
    }
}

private final class Pieces: Sendable {
    private let pieces = Mutex<[ModelDelta]>([])

    var text: String {
        pieces.withLock { $0.map { if case .text(let text) = $0 { text } else { "" } }.joined() }
    }

    func add(_ delta: ModelDelta) { pieces.withLock { $0.append(delta) } }
}
