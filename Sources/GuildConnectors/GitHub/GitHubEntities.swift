/// Character references of HTML (https://html.spec.whatwg.org/#named-character-references), those that can stand for a
/// letter of a mention or a command, or for nothing that shows.
enum GitHubEntities {
    /// A longer one is none.
    private static let longest = 32

    private static let named: [String: Unicode.Scalar] = [
        "amp": "&", "AMP": "&", "lt": "<", "LT": "<", "gt": ">", "GT": ">", "quot": "\"", "QUOT": "\"", "apos": "'",
        "commat": "@", "sol": "/", "bsol": "\\", "num": "#", "lowbar": "_", "UnderBar": "_", "period": ".",
        "colon": ":",
        "comma": ",", "excl": "!", "hyphen": "\u{2010}", "dash": "\u{2010}", "nbsp": " ", "NonBreakingSpace": " ",
        "Tab": "\t", "NewLine": "\n", "lpar": "(", "rpar": ")", "lsqb": "[", "lbrack": "[", "rsqb": "]", "rbrack": "]",
        "ast": "*", "midast": "*", "grave": "`", "DiacriticalGrave": "`", "plus": "+", "equals": "=", "percnt": "%",
        "dollar": "$", "quest": "?", "semi": ";", "vert": "|", "verbar": "|", "VerticalLine": "|", "lcub": "{",
        "rcub": "}", "lbrace": "{", "rbrace": "}", "Hat": "^", "fjlig": "f",
        "shy": "\u{AD}", "zwj": "\u{200D}", "zwnj": "\u{200C}", "lrm": "\u{200E}", "rlm": "\u{200F}",
        "ZeroWidthSpace": "\u{200B}", "NegativeVeryThinSpace": "\u{200B}", "NegativeThinSpace": "\u{200B}",
        "NegativeMediumSpace": "\u{200B}", "NegativeThickSpace": "\u{200B}", "NoBreak": "\u{2060}",
        "ApplyFunction": "\u{2061}", "af": "\u{2061}", "InvisibleTimes": "\u{2062}", "it": "\u{2062}",
        "InvisibleComma": "\u{2063}", "ic": "\u{2063}",
    ]

    /// Decoded once, as a browser does: `&amp;#64;` shows `&#64;`.
    static func decoded(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var position = 0
        while position < text.count {
            if text[position] == "&", let (scalar, length) = reference(text[position...].prefix(longest)) {
                result.append(scalar)
                position += length
            } else {
                result.append(text[position])
                position += 1
            }
        }
        return result
    }

    private static func reference(_ text: ArraySlice<Unicode.Scalar>) -> (Unicode.Scalar, Int)? {
        let body = text.dropFirst().prefix { $0 == "#" || $0.isASCIIAlphanumeric }
        guard body.endIndex < text.endIndex, text[body.endIndex] == ";", let first = body.first else { return nil }
        let name = String(String.UnicodeScalarView(body))
        let length = body.count + 2
        guard first == "#" else { return named[name].map { ($0, length) } }
        let digits = name.dropFirst()
        let value = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap { Unicode.Scalar($0) }.map { ($0, length) }
    }
}
