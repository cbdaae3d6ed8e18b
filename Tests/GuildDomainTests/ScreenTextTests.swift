import GuildDomain
import Testing

@Suite struct ScreenTextTests {
    @Test(
        arguments: [
            ("\u{1B}[2J", #"\u{1b}[2J"#), ("\u{0}\u{7}\u{7F}", #"\u{0}\u{7}\u{7f}"#), ("\u{9B}31m", #"\u{9b}31m"#),
            ("\u{202E}x\u{2069}", #"\u{202e}x\u{2069}"#), ("a\u{200B}b\u{FEFF}", #"a\u{200b}b\u{feff}"#),
            ("\u{200D}\u{2060}\u{AD}\u{180E}", #"\u{200d}\u{2060}\u{ad}\u{180e}"#), ("\u{E0041}", #"\u{e0041}"#),
            ("\u{2028}\u{2029}\u{85}", #"\u{2028}\u{2029}\u{85}"#), ("\u{3164}\u{115F}", #"\u{3164}\u{115f}"#),
            ("\u{E000}\u{FFFE}\u{F0000}", #"\u{e000}\u{fffe}\u{f0000}"#),
            ("a\u{2800}\u{1D159}b\u{13441}\u{16FE4}", #"a\u{2800}\u{1d159}b\u{13441}\u{16fe4}"#),
            ("\u{FFA0}\u{1160}\u{17B4}", #"\u{ffa0}\u{1160}\u{17b4}"#),
            ("1\u{FE0F}\u{E0100}", #"1\u{fe0f}\u{e0100}"#),
        ])
    func `what a terminal obeys or an eye does not see is written out`(text: String, shown: String) {
        #expect(ScreenText.line(text) == shown)
        #expect(ScreenText.block(text) == shown)
    }

    @Test(arguments: ["plain", "längere Zeile", "日本語", "⚠️ ❤️", "e\u{301}", "مرحبا", "½ €", "\u{600}12", "⠓⠑⠇⠇⠕"])
    func `what is seen stays`(text: String) {
        #expect(ScreenText.line(text).unicodeScalars.elementsEqual(text.unicodeScalars))
    }

    @Test func `line ends stay in a block only`() {
        #expect(ScreenText.line("a\r\nb\tc\rd") == #"a\r\nb\tc\rd"#)
        #expect(ScreenText.block("a\r\nb\tc\rd") == "a\nb\tc\\rd")
        #expect(ScreenText.cell("a\r\nb\tc\rd") == "a\r\nb\tc\\rd")
    }

    @Test func `a text is shortened by scalars, for one character may be a million of them`() {
        let long = "e" + String(repeating: "\u{301}", count: 10_000)
        #expect(ScreenText.shortened(long, to: 160).unicodeScalars.count == 161)
        #expect(ScreenText.shortened("abc", to: 3) == "abc")
        #expect(ScreenText.shortened("abcd", to: 3) == "abc…")
    }
}
