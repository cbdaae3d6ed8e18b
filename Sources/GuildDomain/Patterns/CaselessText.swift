/// Text to compare with regard to its letters but not their case.
///
/// Each scalar of the pattern accepts its own lower-case or upper-case form, as aws/event-ruler has it.
struct CaselessText: Sendable, Hashable {
    let text: String
    private let letters: [Letter]

    private struct Letter: Sendable, Hashable {
        let lower: [UInt8]
        let upper: [UInt8]
    }

    init(_ text: String) {
        self.text = text
        letters = text.unicodeScalars.map {
            Letter(lower: Array($0.properties.lowercaseMapping.utf8), upper: Array($0.properties.uppercaseMapping.utf8))
        }
    }

    func equals(_ other: String) -> Bool { rest(afterPrefixOf: other)?.isEmpty ?? false }

    func isPrefix(of other: String) -> Bool { rest(afterPrefixOf: other) != nil }

    func isSuffix(of other: String) -> Bool {
        var rest = Array(other.utf8)[...]
        for letter in letters.reversed() {
            if rest.suffix(letter.lower.count).elementsEqual(letter.lower) {
                rest = rest.dropLast(letter.lower.count)
            } else if rest.suffix(letter.upper.count).elementsEqual(letter.upper) {
                rest = rest.dropLast(letter.upper.count)
            } else {
                return false
            }
        }
        return true
    }

    private func rest(afterPrefixOf other: String) -> ArraySlice<UInt8>? {
        var rest = Array(other.utf8)[...]
        for letter in letters {
            if rest.starts(with: letter.lower) {
                rest = rest.dropFirst(letter.lower.count)
            } else if rest.starts(with: letter.upper) {
                rest = rest.dropFirst(letter.upper.count)
            } else {
                return nil
            }
        }
        return rest
    }
}
