import Foundation
import GuildCodex
import Testing

/// The codex that ships with the project.
struct SampleCodexTests {
    private static let path =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path + "/codex"

    @Test func `the sample codex has no error`() throws {
        let result = try CodexLoader.load(folder: Self.path, systems: SmallCodex.systems)
        #expect(result.problems.filter { $0.severity == .error }.map(\.text) == [])
        #expect(result.snapshot?.agents.isEmpty == false)
    }
}
