/// Character references of HTML (https://html.spec.whatwg.org/#named-character-references): those that can stand for a
/// letter of a mention or a command, or for an invisible character.
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

    /// The semicolon of these is optional in HTML, even before a letter.
    private static let unended = ["AMP", "amp", "GT", "gt", "LT", "lt", "QUOT", "quot", "nbsp", "shy"]

    private static func reference(_ text: ArraySlice<Unicode.Scalar>) -> (Unicode.Scalar, Int)? {
        let body = text.dropFirst()
        if body.first == "#" { return numeric(body.dropFirst()).map { ($0, $1 + 2) } }
        let name = body.prefix { $0.isASCIIAlphanumeric }
        let word = String(String.UnicodeScalarView(name))
        if body.dropFirst(name.count).first == ";", let scalar = named[word] { return (scalar, name.count + 2) }
        guard let known = unended.first(where: { word.hasPrefix($0) }), let scalar = named[known] else { return nil }
        return (scalar, known.utf8.count + 1)
    }

    /// Digits, or `x` and hexadecimal ones; in HTML the semicolon may be missing. With how many scalars they are.
    private static func numeric(_ text: ArraySlice<Unicode.Scalar>) -> (Unicode.Scalar, Int)? {
        let isHex = text.first == "x" || text.first == "X"
        let digits = text.dropFirst(isHex ? 1 : 0).prefix { scalar in
            switch scalar {
            case "0"..."9": true
            case "a"..."f", "A"..."F": isHex
            default: false
            }
        }
        guard let value = UInt32(String(String.UnicodeScalarView(digits)), radix: isHex ? 16 : 10),
            let scalar = Unicode.Scalar(value)
        else { return nil }
        let hasEnd = text.dropFirst(digits.count + (isHex ? 1 : 0)).first == ";"
        return (scalar, digits.count + (isHex ? 1 : 0) + (hasEnd ? 1 : 0))
    }
}
