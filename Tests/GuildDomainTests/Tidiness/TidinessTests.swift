import Foundation
import Testing

/// The rules of style that a machine can hold us to, over every Swift file of the repository.
@Suite struct TidinessTests {
    private static let maximumLines = 400
    private static let bannedEndings = ["Manager", "Helper", "Helpers", "Utils", "Base", "Common", "Info"]
    /// Who alone may import what.
    private static let owners = [
        "CSQLite": "GuildLedger", "Hummingbird": "GuildHTTP", "HummingbirdCore": "GuildHTTP",
        "ArgumentParser": "GuildCommands", "CLibGit2": "GuildCodex", "CLibCurl": "GuildTransport",
    ]

    private static func expectNone(of pattern: String, where isWanted: (SourceFile) -> Bool) throws {
        let found = try SourceFile.places(of: pattern, where: isWanted)
        #expect(found == [], "matches of \(pattern)")
    }

    @Test func `the repository is found`() throws {
        #expect(try SourceFile.all().contains { $0.name == "TidinessTests.swift" })
        #expect(try SourceFile.all().contains { $0.path == "Sources/GuildDomain/Event.swift" })
    }

    @Test func `no file is longer than 400 lines`() throws {
        // A file that ends in a newline has one component more than it has lines.
        let long = try SourceFile.all().filter { $0.lines.count - 1 > Self.maximumLines }
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
        for file in try SourceFile.all() where file.isTest && file.name.hasSuffix("Tests.swift") {
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
            !exempt.contains(file.path) && file.room.map { !programs.contains($0) } ?? false
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
        for file in try SourceFile.all(in: ["Sources"]) where !homes.contains(where: file.path.hasPrefix) {
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
            try Self.expectNone(of: pattern) { $0.room != nil && $0.room != owner }
        }
        try Self.expectNone(of: #"\bimport\s+FoundationNetworking\b"#) { _ in true }
    }

    /// Who alone names the whole ledger: what opens it, and what hands its parts out.
    private static let ledgerHolders: Set<String> = [
        "CommandContext.swift", "Deployment.swift", "Ledger+Rooms.swift", "LedgerTaking.swift", "Settings.swift",
        // A task's patience with the lock belongs to no part.
        "Route+Patience.swift",
    ]

    /// A component is given the parts that it calls, so that its initialiser says what it can do to the ledger.
    @Test func `only the composition root names the whole ledger`() throws {
        try Self.expectNone(of: #"\bLedger\b"#) { file in
            guard let room = file.room, room != "GuildLedger" else { return false }
            return room != "GuildCitadel" || !Self.ledgerHolders.contains(file.name)
        }
    }

    @Test func `the domain imports nothing but Foundation and Crypto`() throws {
        let pattern = #"\bimport\s+(?!Foundation\b|Crypto\b)"#
        try Self.expectNone(of: pattern) { $0.room == "GuildDomain" }
    }
}
