import Foundation
import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// A model server that means harm: whatever it answers, each run ends, the books add up, and no call costs more than what
/// was sent and received can have cost.
@Suite(.timeLimit(.minutes(10))) struct HostileModelTests {
    @Test(arguments: HostileModel.allCases)
    func `a run ends, and its books add up`(model: HostileModel) async throws { try await survive([model]) }
}

/// The same for long: `make soak`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["GUILD_SOAK"] == "1"))
struct HostileModelSoakTests {
    @Test func `a model server attacks for two hundred rounds and takes nothing`() async throws {
        try await survive((0..<200).map { HostileModel.allCases[$0 % HostileModel.allCases.count] })
    }
}

private func survive(_ models: [HostileModel]) async throws {
    let (round, box) = (Counter(), ByteBox())
    let vendor = try RawServer { request in
        if box.get().count < request.body.count { box.set(request.body) }
        return models[min(round.value, models.count - 1)].steps
    }
    let office = try Office(vendor: vendor)
    let worker = try await office.worker()
    for (index, model) in models.enumerated() {
        let id = try await office.queue("round-\(index)")
        for _ in 0..<4 {
            _ = try await office.attempt(worker)
            if try await office.invocation(id).state.isFinal { break }
            office.time.advance(by: .seconds(86_400))
        }
        let ended = try await office.invocation(id)
        #expect(ended.state.isFinal || ended.state == .waiting, "\(model): \(ended.state)")
        let calls = Int64(try await office.ledger.invocations.turns(of: id).count)
        let most = calls * (Int64(box.get().count) * 4 + 32_768 + 2 * (1_024 + model.bytes) + 1_024)
        #expect(ended.usage.total <= most, "\(model): \(ended.usage.total) tokens, at most \(most)")
        round.next()
    }
    #expect(try await office.ledger.budgets.verify(now: office.time.now).isSound)
}

enum HostileModel: String, CaseIterable, Sendable {
    case hugeUsage, negativeUsage, oddUsage, manyUsageKeys, noUsage, zeroUsage, growingUsage
    case manyCalls, hugeIndex, longName, longArguments, wideArguments, deepArguments, longText
    case noEnd, emptyReason, garbage, notText, hugeRefusal, endlessPatience, oddStatus, redirect, jsonForEvents

    /// At least what an answer has in bytes.
    var bytes: Int64 { Int64(steps.reduce(0) { if case .send(let bytes) = $1 { $0 + bytes.count } else { $0 } }) }

    var steps: [RawServer.Step] {
        switch self {
        case .hugeUsage: Self.answer(usage: #"{"prompt_tokens":\#(Int64.max),"completion_tokens":\#(Int64.max)}"#)
        case .negativeUsage: Self.answer(usage: #"{"prompt_tokens":\#(Int64.min),"completion_tokens":-1}"#)
        case .oddUsage: Self.answer(usage: #"{"prompt_tokens":1e400,"completion_tokens":"9","total_tokens":[1]}"#)
        case .manyUsageKeys:
            Self.answer(
                usage: #"{"prompt_tokens":90,\#((0..<200_000).map { "\"k\($0)\":1" }.joined(separator: ","))}"#)
        case .noUsage: Self.answer(usage: "null")
        case .zeroUsage: Self.answer(usage: #"{"prompt_tokens":0,"completion_tokens":0}"#)
        case .growingUsage:
            Self.events(
                (0..<1_000).map {
                    Self.chunk(
                        #"{"content":"x"}"#, usage: #"{"prompt_tokens":\#($0 * 1_000_000),"completion_tokens":\#($0)}"#)
                })
        case .manyCalls:
            Self.events((0..<2_000).map { Self.call(#""index":\#($0),"id":"c\#($0)""#, "codex__read", "{}") })
        case .hugeIndex:
            Self.events([
                Self.call(#""index":\#(Int64.max)"#, "codex__read", "{}"),
                Self.call(#""index":\#(Int64.min)"#, "codex__read", "{}"), Self.end("tool_calls"),
            ])
        case .longName:
            Self.events([
                Self.call(#""index":0"#, String(repeating: "n", count: 1 << 20), "{}"), Self.end("tool_calls"),
            ])
        case .longArguments:
            Self.events(
                Array(
                    repeating: Self.call(#""index":0"#, "codex__read", String(repeating: " ", count: 1 << 18)), count: 9
                ))
        case .wideArguments:
            Self.events([
                Self.call(
                    #""index":0"#, "codex__read",
                    "{" + (0..<50_000).map { "\\\"k\($0)\\\":1" }.joined(separator: ",") + "}"),
                Self.end("tool_calls"),
            ])
        case .deepArguments:
            Self.events([
                Self.call(#""index":0"#, "codex__read", String(repeating: "[", count: 100_000)), Self.end("tool_calls"),
            ])
        case .longText:
            Self.events(
                Array(repeating: Self.chunk(#"{"content":"\#(String(repeating: "x", count: 1 << 20))"}"#), count: 10))
        case .noEnd: Self.events([Self.chunk(#"{"content":"half"}"#)])
        case .emptyReason: Self.events([Self.chunk(#"{"content":"half"}"#), Self.end(""), "[DONE]"])
        case .garbage: Self.events(["{", "[]", "\u{0}"])
        case .notText:
            RawServer.respond(
                headers: ["Content-Type": "text/event-stream"], body: [UInt8](repeating: 0xFF, count: 100_000))
        case .hugeRefusal:
            RawServer.respond(status: 400, body: [UInt8](repeating: 0x78, count: 10 << 20))
        case .endlessPatience:
            RawServer.respond(status: 503, headers: ["Retry-After": "9223372036854775807"], body: "{}")
        case .oddStatus: RawServer.respond(status: 999, body: "{}")
        case .redirect: RawServer.respond(status: 307, headers: ["Location": "http://127.0.0.1:1/"], body: "{}")
        case .jsonForEvents:
            RawServer.respond(
                headers: ["Content-Type": "application/json"], body: #"{"usage":{"prompt_tokens":\#(Int64.max)}}"#)
        }
    }

    private static func answer(usage: String) -> [RawServer.Step] {
        events([chunk(#"{"content":"hi"}"#), end("stop"), #"{"choices":[],"usage":\#(usage)}"#, "[DONE]"])
    }

    private static func events(_ data: [String]) -> [RawServer.Step] {
        RawServer.respond(
            headers: ["Content-Type": "text/event-stream"], body: data.map { "data: \($0)\n\n" }.joined())
    }

    private static func chunk(_ delta: String, usage: String = "null") -> String {
        #"{"choices":[{"index":0,"delta":\#(delta),"finish_reason":null}],"usage":\#(usage)}"#
    }

    private static func call(_ place: String, _ name: String, _ arguments: String) -> String {
        chunk(#"{"tool_calls":[{\#(place),"function":{"name":"\#(name)","arguments":"\#(arguments)"}}]}"#)
    }

    private static func end(_ reason: String) -> String {
        #"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(reason)"}]}"#
    }
}
