import Foundation
import Testing

/// The rules of style that a machine can hold us to, over every Swift file of the repository.
@Suite struct TidinessTests {
    private struct SourceFile {
        /// Below the repository: `Sources/GuildDomain/Event.swift`.
        let path: String
        let lines: [String]

        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
        var isTest: Bool { path.hasPrefix("Tests/") }
        /// The target, where the file lies in one of `Sources`.
        var target: String? {
            let steps = path.split(separator: "/")
            return steps.count > 2 && steps[0] == "Sources" ? String(steps[1]) : nil
        }

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
    }

    private static let maximumLines = 400
    private static let bannedEndings = ["Manager", "Helper", "Helpers", "Utils", "Base", "Common", "Info"]
    /// Who alone may import what.
    private static let owners = [
        "GRDB": "GuildLedger", "Hummingbird": "GuildHTTP", "HummingbirdCore": "GuildHTTP",
        "ArgumentParser": "GuildCommands", "CLibGit2": "GuildCodex", "CLibCurl": "GuildTransport",
    ]

    private static func files() throws -> [SourceFile] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var files: [SourceFile] = []
        for folder in ["Sources", "Tests"] {
            let base = root.appending(path: folder).resolvingSymlinksInPath()
            let walk = try #require(FileManager.default.enumerator(atPath: base.path))
            for case let path as String in walk where path.hasSuffix(".swift") && !path.contains("/Fixtures/") {
                let text = try String(contentsOf: base.appending(path: path), encoding: .utf8)
                files.append(SourceFile(path: "\(folder)/\(path)", lines: text.components(separatedBy: "\n")))
            }
        }
        return files
    }

    /// The places where `pattern` occurs in code, `path:line`.
    private static func places(
        of pattern: String, where isWanted: (SourceFile) -> Bool
    ) throws -> [String] {
        let expression = try NSRegularExpression(pattern: pattern)
        return try files().filter(isWanted).flatMap { file in
            file.code.filter { line in
                expression.firstMatch(in: line.text, range: NSRange(line.text.startIndex..., in: line.text)) != nil
            }.map { "\(file.path):\($0.number)" }
        }
    }

    private static func expectNone(of pattern: String, where isWanted: (SourceFile) -> Bool) throws {
        let found = try places(of: pattern, where: isWanted)
        #expect(found == [], "matches of \(pattern)")
    }

    @Test func `the repository is found`() throws {
        #expect(try Self.files().contains { $0.name == "TidinessTests.swift" })
        #expect(try Self.files().contains { $0.path == "Sources/GuildDomain/Event.swift" })
    }

    @Test func `no file is longer than 400 lines`() throws {
        // A file that ends in a newline has one component more than it has lines.
        let long = try Self.files().filter { $0.lines.count - 1 > Self.maximumLines }
        #expect(long.map { "\($0.path): \($0.lines.count - 1)" } == [])
    }

    @Test func `no type is named after nothing`() throws {
        let endings = Self.bannedEndings.joined(separator: "|")
        let pattern = #"\b(struct|class|enum|actor|protocol|typealias)\s+\w*("# + endings + #")\b"#
        try Self.expectNone(of: pattern) { _ in true }
    }

    @Test func `only the clock reads the clock`() throws {
        let pattern = #"\bDate\(\)|\bDate\.now\b|\bCLOCK_REALTIME\b"#
        let exempt = ["TidinessTests.swift", "TimeSource.swift"]
        try Self.expectNone(of: pattern) { !exempt.contains($0.name) }
    }

    @Test func `nothing in the sources traps on purpose`() throws {
        let pattern = #"\btry!|\bas!|\bfatalError\(|\bpreconditionFailure\("#
        try Self.expectNone(of: pattern) { !$0.isTest }
    }

    @Test func `no test sleeps`() throws {
        let pattern = #"\b(Task|Thread)\.sleep|\bu?sleep\(\d|\bnanosleep\("#
        // A limit on how long a child process may take is no sleep; only the support for tests has one.
        let exempt = ["TidinessTests.swift", "ChildProcess.swift"]
        try Self.expectNone(of: pattern) { $0.isTest && !exempt.contains($0.name) }
    }

    @Test func `every test function has its attribute`() throws {
        let test = try NSRegularExpression(pattern: #"\bfunc\s+(`[^`]*\s[^`]*`|test\w*)\s*\("#)
        var bare: [String] = []
        for file in try Self.files() where file.isTest && file.name.hasSuffix("Tests.swift") {
            // The attribute and its arguments stand on the same line or on those before, back to the last blank one.
            var pending = false
            for (number, text) in file.code {
                if text.isEmpty { pending = false }
                if text.contains("@Test") { pending = true }
                guard test.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil else { continue }
                if !pending { bare.append("\(file.path):\(number)") }
                pending = false
            }
        }
        #expect(bare == [])
    }

    /// What outside text reaches a terminal by; the programs of the build and of tests have no outside.
    @Test func `only the one door writes to standard output and standard error`() throws {
        let pattern =
            #"FileHandle\.standard(Output|Error)|\(\.standard(Output|Error)\b|(?<![.\w])(?<!func )(print|debugPrint|dump)\("#
            + #"|\b(fputs|fputc|fwrite|putchar|puts|printf|fprintf|perror)\(|\bwrite\((1|2|STD(OUT|ERR)_FILENO),"#
        let exempt = [
            "Sources/GuildCommands/Output/Terminal.swift",
            // Says why the process ends now, by itself.
            "Sources/GuildLedger/Ledger.swift",
        ]
        let programs = ["GuildStandIn", "GuildManual"]
        try Self.expectNone(of: pattern) { file in
            !exempt.contains(file.path) && file.target.map { !programs.contains($0) } ?? false
        }
    }

    /// A system is one folder and one line: these are all other places in the sources that may name one.
    private static let mentions: [(path: String, line: String)] = [
        ("Sources/GuildConnectors/Systems/SystemRegistry.swift", ".gitHub"),
        // An example in a help text.
        ("Sources/GuildCommands/RunCommand.swift", #"discussion: "github:OWNER/REPO. Default"#),
    ]

    @Test func `only a system's own folder and its line in the registry name it`() throws {
        let homes = ["Sources/GuildConnectors/GitHub/", "Sources/GuildStandIn/"]
        let address = try NSRegularExpression(pattern: #"https?://\S+"#)
        var found: [String] = []
        for file in try Self.files() where !file.isTest && !homes.contains(where: file.path.hasPrefix) {
            for (index, line) in file.lines.enumerated() where line.lowercased().contains("github") {
                let range = NSRange(line.startIndex..., in: line)
                let rest = address.stringByReplacingMatches(in: line, range: range, withTemplate: "")
                let isKnown = Self.mentions.contains { file.path == $0.path && line.contains($0.line) }
                if !isKnown, rest.lowercased().contains("github") { found.append("\(file.path):\(index + 1)") }
            }
        }
        #expect(found == [])
    }

    @Test func `only the owner of a library imports it`() throws {
        for (module, owner) in Self.owners {
            let pattern = #"\bimport\s+"# + module + #"\b"#
            try Self.expectNone(of: pattern) { $0.target != nil && $0.target != owner }
        }
        try Self.expectNone(of: #"\bimport\s+FoundationNetworking\b"#) { _ in true }
    }

    @Test func `the domain imports nothing but Foundation and Crypto`() throws {
        let pattern = #"\bimport\s+(?!Foundation\b|Crypto\b)"#
        try Self.expectNone(of: pattern) { $0.target == "GuildDomain" }
    }
}
