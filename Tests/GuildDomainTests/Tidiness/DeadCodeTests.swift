import Foundation
import Testing

/// Finds declarations whose name occurs nowhere else in the sources. A name that two things share is not found: this is
/// a net with wide meshes that never cries wolf.
@Suite struct DeadCodeTests {
    /// What is called by its name from outside: by the runtime, by a library's protocol.
    private static let calledFromOutside: Set<String> = [
        "InboundIn", "InboundOut", "ManualProgram", "OutboundIn", "OutboundOut", "StandInProgram", "channelActive",
        "channelInactive", "channelWritabilityChanged", "codingPath", "customMirror", "debugDescription",
        "encodeIfPresent", "errorCaught", "handlerAdded", "handlerRemoved", "nestedContainer",
        "nestedUnkeyedContainer", "renderText", "superEncoder", "userInfo",
    ]
    /// What so far only tests name, on purpose.
    private static let forTests: Set<String> = [
        // Stand-ins for tests of several rooms.
        "EverySecret",
        // For URLs that come from outside, which this version does not fetch yet.
        "publicOnly",
        // What the estimate is compared with.
        "strictTokens",
    ]

    private static let declaration =
        #"^ *(?:[\w@().]+ )*(?:func|var|let|struct|enum|class|actor|protocol|typealias) `?(\w+)"#

    private static func words(_ text: some StringProtocol) -> [String] {
        text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map { String($0) }
    }

    @Test func `everything that is declared is named somewhere else`() throws {
        let pattern = try Regex(Self.declaration, as: (Substring, Substring).self)
        var uses: [String: Int] = [:]
        var places: [String: [String]] = [:]
        for file in try SourceFile.all(in: ["Sources"]) {
            // Strings may name things that are interpolated, so whole lines count, but for comments.
            for (number, line) in zip(1..., file.lines) where !Self.isComment(line) {
                for word in Self.words(line) { uses[word, default: 0] += 1 }
                guard let match = line.firstMatch(of: pattern) else { continue }
                places[String(match.output.1), default: []].append("\(file.path):\(number)")
            }
        }
        let exempt = Self.calledFromOutside.union(Self.forTests)
        let dead = places.filter { name, places in uses[name] == places.count && !exempt.contains(name) }
        #expect(dead.map { "\($0.key): \($0.value.joined(separator: ", "))" }.sorted() == [])
    }

    private static func isComment(_ line: String) -> Bool {
        line.drop { $0 == " " }.hasPrefix("//")
    }
}
