import Foundation

/// How a system compares the values of a field: policies compare the same way, or a second spelling would pass them.
package struct FieldComparison: Sendable, Hashable {
    /// Whether two texts that differ only in the case of their letters are the same to the system.
    package let isCaseless: Bool
    /// Scalars that say nothing: the `@` before a login.
    package let ignored: String
    /// Words that mean the same: `closes` is `fixes`. Keys and values are lower-case ASCII letters.
    package let synonyms: [String: String]

    /// Texts are equal if their characters are.
    package static let exact = FieldComparison(isCaseless: false)
    /// Texts are equal if they differ only in case.
    package static let caseless = FieldComparison(isCaseless: true)

    package init(isCaseless: Bool, ignored: String = "", synonyms: [String: String] = [:]) {
        self.isCaseless = isCaseless
        self.ignored = ignored
        self.synonyms = synonyms
    }

    /// The one spelling of all that the system takes for equal. It keeps `*` and `\`, so that the text of a wildcard
    /// stays a wildcard.
    package func normalised(_ text: String) -> String {
        guard isCaseless else { return text }
        var folded = Self.folded(text)
        if !ignored.isEmpty {
            folded = String(
                String.UnicodeScalarView(folded.unicodeScalars.filter { !ignored.unicodeScalars.contains($0) }))
        }
        return synonyms.isEmpty ? folded : withOneWordEach(folded)
    }

    /// By way of capitals, so that `ß` and `SS`, `ς` and `σ` are one; composed (Unicode, annex 15, form C).
    private static func folded(_ text: String) -> String {
        text.uppercased().lowercased().precomposedStringWithCanonicalMapping
    }

    private func withOneWordEach(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var word = String.UnicodeScalarView()
        func end() {
            let text = String(word)
            result.append(contentsOf: (synonyms[text] ?? text).unicodeScalars)
            word = String.UnicodeScalarView()
        }
        for scalar in text.unicodeScalars {
            if ("a"..."z").contains(scalar) {
                word.append(scalar)
            } else {
                end()
                result.append(scalar)
            }
        }
        end()
        return String(result)
    }
}
