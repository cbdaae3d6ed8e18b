import Foundation
import GuildCodex
import Testing

/// One file under Fixtures/bad for each rule. Its first lines say what is found: `# expect: LINE:COLUMN: …`, and
/// `# path:` where it stands in the codex if not at agents/fixture.yaml.
struct BadManifestTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "Fixtures/bad")

    static let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.sorted() ?? []

    @Test(arguments: names)
    func `each broken rule is reported at its place`(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
        let header = text.split(separator: "\n").prefix { $0.hasPrefix("# ") }
        let path = header.first { $0.hasPrefix("# path: ") }.map { String($0.dropFirst(8)) } ?? "agents/fixture.yaml"
        let expected = header.filter { $0.hasPrefix("# expect: ") }.map { line in
            let problem = line.dropFirst(10)
            // What concerns another file of the codex names it.
            return problem.first?.isNumber == true ? "\(path):\(problem)" : String(problem)
        }
        let found = SmallCodex.validate([path: text]).problems.map(\.text)
        #expect(found == expected)
        #expect(!expected.isEmpty)
    }

    @Test func `there is a fixture for each rule`() { #expect(Self.names.count > 80) }
}
