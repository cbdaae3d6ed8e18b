import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// `guild run --record`.
    struct RecordCommandTests {
        @Test func `a recording that cannot be written is refused before the model is paid`() async throws {
            let model = try await StandInProcess.start()
            let codex = try await TemporaryCodex.clerk(model: model.baseURL, github: model.baseURL)
            for path in ["nowhere/at/all.jsonl", "agents"] {
                let refused = try await codex.guild("run", "clerk", "Say hello.", "--record", path)
                expectRefusal(refused, 6, "the recording", path)
            }
            #expect(try await model.requests().isEmpty)
            // Without a write, which would be refused where the run has no place.
            try await model.setScript([["text": "Hi."]])
            let recorded = try await codex.guild("run", "clerk", "Say hello.", "--record", "new.jsonl")
            #expect(recorded.status == 0, "\(recorded.errors)")
            let replayed = try await codex.guild("run", "clerk", "Say hello.", "--replay", "new.jsonl")
            #expect(replayed.output == recorded.output)
        }
    }
}
