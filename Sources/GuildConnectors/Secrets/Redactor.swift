import Foundation
package import GuildDomain
import Synchronization

/// Knows the secrets in use and masks them in any text, as they are and as base64, URL, JSON, HTML or hexadecimal encoding
/// writes them.
///
/// The last defence, not the first: a secret should not reach a text at all. Secrets under `shortestSecretBytes` are not
/// masked, because they would be found in every other word. Mask a text whole before any of it is cut: half a secret is
/// not known for one.
package final class Redactor: Sendable {
    /// Of more secrets the one that was learnt first is forgotten.
    package static let secretLimit = 256
    /// Shorter secrets are not masked.
    package static let shortestSecretBytes = 4
    /// Shorter ones are words, and data with its words taken out is no longer the data: payloads, results, answers.
    package static let shortestInDataBytes = 8
    /// Of a secret of several lines, such as a private key, the lines from this length on are masked each.
    private static let shortestLineBytes = 16
    private static let lineLimit = 64

    /// Patterns by their first byte, and the pairs of bytes with which one can begin in a text, in some encoding:
    /// almost every place of a text is skipped after one look.
    private struct Index {
        private(set) var isEmpty = true
        private(set) var patterns: [[SecretPattern]] = []
        private var pairs: [UInt64] = []

        init(_ all: Set<SecretPattern> = []) {
            guard !all.isEmpty else { return }
            isEmpty = false
            patterns = [[SecretPattern]](repeating: [], count: 256)
            pairs = [UInt64](repeating: 0, count: 65_536 / 64)
            for pattern in all {
                patterns[Int(pattern.bytes[0])].append(pattern)
                for (first, second) in pattern.beginnings { mark(first, second) }
            }
        }

        /// The first place from `place` on at which a pattern may begin; nil if there is none.
        func nextBeginning(in text: UnsafeBufferPointer<UInt8>, from place: Int) -> Int? {
            guard !isEmpty, place + 1 < text.count else { return nil }
            return pairs.withUnsafeBufferPointer { pairs in
                for place in place..<(text.count - 1) {
                    let pair = Int(text[place]) << 8 | Int(text[place + 1])
                    if pairs[pair >> 6] & (1 << UInt64(pair & 63)) != 0 { return place }
                }
                return nil
            }
        }

        func mayBegin(_ first: UInt8, _ second: UInt8) -> Bool {
            let pair = Int(first) << 8 | Int(second)
            return pairs[pair >> 6] & (1 << UInt64(pair & 63)) != 0
        }

        func mayBegin(_ first: UInt8) -> Bool {
            let word = Int(first) << 2
            return pairs[word..<(word + 4)].contains { $0 != 0 }
        }

        private mutating func mark(_ first: UInt8, _ second: UInt8) {
            let pair = Int(first) << 8 | Int(second)
            pairs[pair >> 6] |= 1 << UInt64(pair & 63)
        }
    }

    /// The state of a redactor's knowledge at some moment: a text masked then is not masked again until the redactor
    /// knows more.
    package struct Mark: Sendable, Hashable {
        fileprivate let redactor: ObjectIdentifier
        fileprivate let learnt: Int
    }

    private struct State {
        var learnt = 0
        var known: [[UInt8]] = []
        var texts = Index()
        var data = Index()
    }

    private let state = Mutex(State())

    package init() {}

    /// From now on this secret is masked.
    package func learn(_ secret: Secret) {
        guard secret.bytes.count >= Self.shortestSecretBytes else { return }
        state.withLock { state in
            guard !state.known.contains(secret.bytes) else { return }
            state.learnt += 1
            state.known.append(secret.bytes)
            if state.known.count > Self.secretLimit { state.known.removeFirst() }
            var patterns: Set<SecretPattern> = []
            for bytes in state.known { patterns.formUnion(Self.forms(of: bytes)) }
            state.texts = Index(patterns)
            state.data = Index(patterns.filter { $0.secretBytes >= Self.shortestInDataBytes })
        }
    }

    /// Its present knowledge. Forgetting leaves the mark as it is.
    package var mark: Mark { Mark(redactor: ObjectIdentifier(self), learnt: state.withLock { $0.learnt }) }

    /// The text with each secret replaced by `Secret.mask`.
    package func masked(_ text: String) -> String { Self.masked(text, state.withLock { $0.texts }) }

    /// Data that is worked with: the same for secrets of at least `shortestInDataBytes`.
    package func maskedData(_ text: String) -> String { Self.masked(text, state.withLock { $0.data }) }

    /// The document with the secrets in its texts and keys masked; numbers are left as they are.
    package func maskedData(_ value: JSONValue) -> JSONValue {
        let index = state.withLock { $0.data }
        return index.isEmpty ? value : Self.masked(value, index)
    }

    /// For a text that continues: the part that can be shown, masked, and the rest, which may begin a secret.
    package func maskedStart(of text: String) -> (shown: String, rest: String) {
        let index = state.withLock { $0.data }
        guard !index.isEmpty else { return (text, "") }
        var text = text
        return text.withUTF8 { text in
            let (shown, end) = Self.start(index, of: text)
            return (
                String(decoding: shown, as: UTF8.self),
                String(decoding: UnsafeBufferPointer(rebasing: text[end...]), as: UTF8.self)
            )
        }
    }

    /// The bytes of a JSON document, rewritten only if a secret was in it; bytes that are not JSON are left as they
    /// are.
    package func maskedData(json bytes: [UInt8]) -> [UInt8] {
        let index = state.withLock { $0.data }
        guard !index.isEmpty, bytes.withUnsafeBufferPointer({ Self.replace(index, in: $0) }) != nil,
            // The document's reader reports that it is invalid.
            let value = try? JSONParser.parse(bytes)
        else { return bytes }
        return Self.masked(value, index).bytes()
    }

    private static func masked(_ value: JSONValue, _ index: Index) -> JSONValue {
        switch value {
        case .null, .bool, .number: value
        case .string(let text): .string(masked(text, index))
        case .array(let elements): .array(elements.map { masked($0, index) })
        case .object(let object):
            .object(JSONObject(object.members.map { (masked($0.key, index), masked($0.value, index)) }))
        }
    }

    private static func masked(_ text: String, _ index: Index) -> String {
        guard !index.isEmpty else { return text }
        var text = text
        let replaced = text.withUTF8 { Self.replace(index, in: $0) }
        return replaced.map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// - Returns: nil when nothing was found.
    private static func replace(_ index: Index, in text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        var copied = 0
        var place = 0
        while let candidate = index.nextBeginning(in: text, from: place) {
            place = candidate
            guard let end = end(index, in: text, at: place) else {
                place += 1
                continue
            }
            output += text[copied..<place]
            output += Array(Secret.mask.utf8)
            copied = end
            place = end
        }
        guard copied > 0 else { return nil }
        return output + text[copied...]
    }

    /// - Returns: the part that can be shown, and its end in the text.
    private static func start(_ index: Index, of text: UnsafeBufferPointer<UInt8>) -> (shown: [UInt8], end: Int) {
        var shown: [UInt8] = []
        var copied = 0
        var place = 0
        while place < text.count, !isOpen(index, in: text, at: place) {
            guard let end = end(index, in: text, at: place) else {
                place += 1
                continue
            }
            shown += text[copied..<place]
            shown += Array(Secret.mask.utf8)
            copied = end
            place = end
        }
        // No character is cut in two.
        while place > copied, place < text.count, text[place] & 0xC0 == 0x80 { place -= 1 }
        return (shown + text[copied..<place], place)
    }

    private static func isOpen(_ index: Index, in text: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
        guard place + 1 < text.count else { return index.mayBegin(text[place]) }
        guard index.mayBegin(text[place], text[place + 1]) else { return false }
        return EncodedUnit.mayBeCut(in: text, at: place)
            || hasCandidate(index, in: text, at: place) { $0.isOpen(in: text, at: place) }
    }

    /// Calls `isIt` with each pattern that begins with the text's possible bytes at `place`, until it returns true.
    @discardableResult
    private static func hasCandidate(
        _ index: Index, in text: UnsafeBufferPointer<UInt8>, at place: Int, _ isIt: (SecretPattern) -> Bool
    ) -> Bool {
        func look(_ first: UInt8?) -> Bool {
            guard let first else { return false }
            return index.patterns[Int(first)].contains(where: isIt)
        }
        return look(text[place]) || look(EncodedUnit(in: text, at: place)?[0])
            || look(EncodedUnit.hexPair(in: text, at: place)) || look(text[place] == UInt8(ascii: "+") ? 0x20 : nil)
    }

    /// The end of the longest secret that begins at `place`, in any encoding.
    private static func end(_ index: Index, in text: UnsafeBufferPointer<UInt8>, at place: Int) -> Int? {
        guard place + 1 < text.count, index.mayBegin(text[place], text[place + 1]) else { return nil }
        var longest = 0
        hasCandidate(index, in: text, at: place) { pattern in
            longest = max(longest, pattern.end(in: text, at: place) ?? 0)
            return false
        }
        return longest > 0 ? longest : nil
    }

    /// The patterns of the secret.
    private static func forms(of bytes: [UInt8]) -> [SecretPattern] {
        var forms = [SecretPattern(bytes: bytes, isBase64: false, secretBytes: bytes.count)]
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { $0.last == 0x0D ? $0.dropLast() : $0 }
        if lines.count > 1 {
            // The dashed first and last lines of a PEM file are the same in all of them.
            let telling = lines.filter { $0.count >= shortestLineBytes && !$0.starts(with: Array("-----".utf8)) }
            forms += telling.prefix(lineLimit).map {
                SecretPattern(bytes: Array($0), isBase64: false, secretBytes: bytes.count)
            }
        }
        return forms
            + base64Forms(of: bytes).map { SecretPattern(bytes: $0, isBase64: true, secretBytes: bytes.count) }
    }

    /// Base64 of the secret within a longer text, as in `user:password`: it depends on the number of bytes before it,
    /// modulo three. Digits that also depend on the neighbours are left out.
    private static func base64Forms(of bytes: [UInt8]) -> [[UInt8]] {
        (0..<3).flatMap { before -> [[UInt8]] in
            let encoded = Array(Data([UInt8](repeating: 0, count: before) + bytes).base64EncodedString().utf8)
            let certain = (before + bytes.count) * 8 / 6
            let digits = Array(encoded[(before * 8 + 5) / 6..<max((before * 8 + 5) / 6, certain)])
            let urlSafe = digits.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == 0x2F ? 0x5F : $0 }
            return [digits, urlSafe].filter { $0.count >= shortestSecretBytes + 1 }
        }
    }
}
