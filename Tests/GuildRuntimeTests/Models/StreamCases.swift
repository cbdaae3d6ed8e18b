import Foundation
import GuildDomain
import GuildTestSupport

@testable import GuildRuntime

/// Streams that were once answered wrongly, as files.
enum StreamCases {
    static func bytes(_ name: String) throws -> [UInt8] {
        Array(
            try Data(
                contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases/\(name).sse")))
    }

    static func steps(_ name: String) throws -> [RawServer.Step] {
        RawServer.respond(headers: ["Content-Type": "text/event-stream"], body: try bytes(name))
    }

    static func call(_ name: String) async throws -> (turn: ModelTurn?, failure: ModelFailure?) {
        let kind: ProviderSettings.Kind = name.hasPrefix("openai") ? .openai : .anthropic
        let provider = try ModelServer(try steps(name)).provider(kind)
        do throws(ModelFailure) {
            return (try await provider.complete(.hello) { _ in }, nil)
        } catch {
            return (nil, error)
        }
    }
}
