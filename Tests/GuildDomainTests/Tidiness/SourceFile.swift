import Foundation
import Testing

/// A Swift file of the repository, for the tests of style.
struct SourceFile: Sendable {
    /// Below the repository: `Sources/GuildDomain/Event.swift`.
    let path: String
    let lines: [String]

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The target that compiles the file.
    var target: String? {
        let steps = path.split(separator: "/")
        return steps.count > 2 ? String(steps[1]) : nil
    }

    /// The room of the house that the file is in; nil for tests and benchmarks.
    var room: String? { path.hasPrefix("Sources/") ? target : nil }

    /// Lines that are neither comments nor within a string over several lines, with their numbers.
    var code: [(number: Int, text: String)] {
        var isInString = false
        return lines.enumerated().compactMap { index, line in
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if isInString {
                // Such a string opens at the end of a line and closes at the beginning of one.
                isInString = !trimmed.hasPrefix("\"\"\"")
                return isInString ? nil : (index + 1, trimmed)
            }
            isInString = trimmed.hasSuffix("\"\"\"")
            return trimmed.hasPrefix("//") ? nil : (index + 1, trimmed)
        }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file of these folders, but the fixtures.
    static func all(in folders: [String] = ["Sources", "Tests"]) throws -> [SourceFile] {
        var files: [SourceFile] = []
        for folder in folders {
            let base = root.appending(path: folder).resolvingSymlinksInPath()
            let walk = try #require(FileManager.default.enumerator(atPath: base.path))
            for case let path as String in walk where path.hasSuffix(".swift") && !path.contains("/Fixtures/") {
                files.append(SourceFile(path: "\(folder)/\(path)", lines: try lines(of: "\(folder)/\(path)")))
            }
        }
        return files
    }

    /// The lines of one file of the repository.
    static func lines(of path: String) throws -> [String] {
        try String(contentsOf: root.appending(path: path), encoding: .utf8).components(separatedBy: "\n")
    }

    /// The places in code where `pattern` occurs, `path:line`.
    static func places(of pattern: String, where isWanted: (SourceFile) -> Bool) throws -> [String] {
        let expression = try NSRegularExpression(pattern: pattern)
        return try all().filter(isWanted).flatMap { file in
            file.code.filter { line in
                expression.firstMatch(in: line.text, range: NSRange(line.text.startIndex..., in: line.text)) != nil
            }.map { "\(file.path):\($0.number)" }
        }
    }
}
