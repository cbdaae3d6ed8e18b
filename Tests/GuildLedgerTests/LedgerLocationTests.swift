import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct LedgerLocationTests {
    @Test(arguments: [
        ("sqlite:/var/l.sqlite", "/var/l.sqlite"), ("sqlite:///var/l.sqlite", "/var/l.sqlite"),
        ("sqlite:l.sqlite", "/work/l.sqlite"), ("l.sqlite", "/work/l.sqlite"), ("/a:b/l", "/a:b/l"),
        ("./l", "/work/./l"), ("l.db", "/work/l.db"), ("sqlite:l", "/work/l"),
    ])
    func `a URL or a path leads to an absolute path`(url: String, path: String) throws {
        #expect(try LedgerLocation(url: url, workingDirectory: "/work").path == path)
    }

    @Test(arguments: ["postgres://host/db", "sqlite:", "", ":"])
    func `anything else is refused`(url: String) {
        #expect(throws: LedgerFailure.unsupportedURL(url)) { try LedgerLocation(url: url, workingDirectory: "/work") }
    }

    @Test(arguments: ["typo", "sqlite", "ledger.json"])
    func `a bare word is refused, with how a file of that name is spelt`(word: String) {
        let refusal = #expect(throws: LedgerFailure.bareWord(word)) {
            try LedgerLocation(url: word, workingDirectory: "/work")
        }
        #expect(refusal?.kind == .usage)
        #expect(refusal?.hint?.contains("sqlite:\(word)") == true)
    }

    @Test func `the place of 0.1.0 is below the state folder, another one for each path`() {
        let environment = ["XDG_STATE_HOME": "/state"]
        let one = LedgerLocation.byPath("/a/codex.git", environment: environment).path
        let two = LedgerLocation.byPath("/b/codex.git", environment: environment).path
        #expect(one.hasPrefix("/state/guild/codex-"))
        #expect(one.hasSuffix("/ledger.sqlite"))
        #expect(one != two)
        #expect(
            LedgerLocation.byPath("/a/shop/.git", environment: environment).path.contains("/shop-"))
        #expect(LedgerLocation.byPath("/a", environment: [:]).path.contains("/.local/state/guild/"))
    }

    @Test(arguments: [0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42, 0x0102_1997, 0xFFFF_FFFF_FF53_4D42] as [UInt])
    func `a network file system is refused`(type: UInt) { #expect(LedgerLocation.isNetwork(fileSystemType: type)) }

    @Test(arguments: [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630] as [UInt])
    func `a local file system is taken`(type: UInt) { #expect(!LedgerLocation.isNetwork(fileSystemType: type)) }
}
