import GuildDomain
import Testing
import Yams

@testable import GuildCommands

@Suite struct TerminalTests {
    private static let hostile =
        "hi \u{1B}]0;title\u{7}\u{1B}[2J \u{202E}evil\u{2069} a\u{200B}b \u{9B}1m \u{E0041} \u{2028}x\u{FEFF}\u{AD}"

    @Test func `no piece of a stream lets a sequence through, wherever it is cut`() {
        let scalars = Array(Self.hostile.unicodeScalars)
        for cut in 0...scalars.count {
            var stream = TerminalStream()
            let pieces = [scalars[..<cut], scalars[cut...]].map { String(String.UnicodeScalarView($0)) }
            let shown = pieces.map { stream.shown($0) }.joined()
            #expect(shown.unicodeScalars.allSatisfy { !ScreenText.isUnfit($0) })
            #expect(shown == ScreenText.block(Self.hostile))
        }
    }

    @Test func `a stream knows whether it is within a line`() {
        var stream = TerminalStream()
        #expect(!stream.isInLine)
        _ = stream.shown("a")
        #expect(stream.isInLine)
        _ = stream.shown("b\r\n")
        #expect(!stream.isInLine)
        _ = stream.shown("⚠")
        #expect(stream.shown("\u{FE0F}") == "\u{FE0F}")
    }

    @Test func `json shows nothing raw and says the same`() throws {
        let value: JSONValue = [Self.hostile: [.string(Self.hostile), "plain", "é😀"]]
        for layout in [JSONValue.Layout.compact, .pretty] {
            let shown = Terminal.shown(value.text(layout), as: .json)
            #expect(shown.unicodeScalars.allSatisfy { $0 == "\n" || !ScreenText.isUnfit($0) })
            #expect(shown.contains("\\u202e") && shown.contains("\\udb40\\udc41") && shown.contains("é😀"))
            #expect(try JSONParser.parse(shown) == value)
        }
    }

    @Test func `yaml shows nothing raw and says the same`() throws {
        let value: JSONValue = [Self.hostile: [.string(Self.hostile), "two\nlines", "a\rb\tc", "é😀", "plain"]]
        let shown = Terminal.shown(try value.yamlText(), as: .yaml)
        #expect(shown.unicodeScalars.allSatisfy { $0 == "\n" || !ScreenText.isUnfit($0) })
        let read = try #require(try Yams.load(yaml: shown) as? [String: [String]])
        #expect(read.keys.first.map { Array($0.unicodeScalars) } == Array(Self.hostile.unicodeScalars))
        #expect(read.values.first == [Self.hostile, "two\nlines", "a\rb\tc", "é😀", "plain"])
    }
}
