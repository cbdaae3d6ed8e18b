import Testing

@testable import GuildCodex

@Suite struct PreReceiveHookTests {
    @Test(arguments: [("plain", "'plain'"), ("it's", #"'it'\''s'"#), ("a'\u{301};x", "'a'\\''\u{301};x'")])
    func `a word for the shell ends where it should, whatever follows a quote`(word: String, quoted: String) {
        #expect(PreReceiveHook.quoted(word).utf8.elementsEqual(quoted.utf8))
    }
}
