import Foundation
import GuildDomain
import Synchronization

/// Knows the secrets in use and masks them in any text, as they are and as base64, URL or JSON encoding writes them.
///
/// The last defence, not the first: a secret should not reach a text at all. Secrets under `shortestSecretBytes` are not
/// masked, because they would be found in every other word.
package final class Redactor: Sendable {
    /// Of more secrets the one that was learnt first is forgotten.
    package static let secretLimit = 256
    package static let shortestSecretBytes = 4
    /// Of a secret of several lines, such as a private key, the lines from this length on are masked each.
    private static let shortestLineBytes = 16
    private static let lineLimit = 64

    private struct State {
        var known: [[UInt8]] = []
        /// By the first byte, the longest first.
        var patterns: [UInt8: [[UInt8]]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// From now on this secret is masked.
    package func learn(_ secret: Secret) {
        guard secret.bytes.count >= Self.shortestSecretBytes else { return }
        state.withLock { state in
            guard !state.known.contains(secret.bytes) else { return }
            state.known.append(secret.bytes)
            if state.known.count > Self.secretLimit { state.known.removeFirst() }
            var patterns: Set<[UInt8]> = []
            for bytes in state.known { patterns.formUnion(Self.forms(of: bytes)) }
            state.patterns = Dictionary(grouping: patterns) { $0[0] }.mapValues { $0.sorted { $0.count > $1.count } }
        }
    }

    /// The text with each secret replaced by `Secret.mask`.
    package func masked(_ text: String) -> String {
        let patterns = state.withLock { $0.patterns }
        guard !patterns.isEmpty else { return text }
        var text = text
        let replaced = text.withUTF8 { Self.replace(patterns, in: $0) }
        return replaced.map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// - Returns: nil when nothing was found.
    private static func replace(_ patterns: [UInt8: [[UInt8]]], in text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var output: [UInt8]?
        var copied = 0
        var index = 0
        while index < text.count {
            let found = patterns[text[index]]?.first {
                $0.count <= text.count - index && $0.elementsEqual(text[index..<index + $0.count])
            }
            guard let found else {
                index += 1
                continue
            }
            var bytes = output ?? []
            output = nil
            bytes += text[copied..<index]
            bytes += Array(Secret.mask.utf8)
            index += found.count
            copied = index
            output = bytes
        }
        return output.map { $0 + text[copied...] }
    }

    /// How the secret may stand in a text.
    private static func forms(of bytes: [UInt8]) -> [[UInt8]] {
        let text = String(decoding: bytes, as: UTF8.self)
        let escaped = JSONValue.string(text).text().dropFirst().dropLast()
        var forms = [bytes, Array(escaped.utf8), Array(escaped.replacing("/", with: "\\/").utf8)]
        forms += [PercentEncoding.upperDigits, PercentEncoding.lowerDigits].flatMap { digits in
            let encoded = PercentEncoding.segment(text, digits: digits)
            return [encoded, encoded.replacing("%20", with: "+")].map { Array($0.utf8) }
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { $0.last == 0x0D ? $0.dropLast() : $0 }
        if lines.count > 1 {
            // The dashed first and last lines of a PEM file are the same in all of them.
            let telling = lines.filter { $0.count >= shortestLineBytes && !$0.starts(with: Array("-----".utf8)) }
            forms += telling.prefix(lineLimit).map { Array($0) }
        }
        return (forms + base64Forms(of: bytes)).filter { $0.count >= shortestSecretBytes }
    }

    /// Base64 of the secret within a longer text, as in `user:password`: it depends on how many bytes stand before it,
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
