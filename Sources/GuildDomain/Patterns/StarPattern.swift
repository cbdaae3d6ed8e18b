/// Text with gaps, each of which matches any sequence of bytes; the common part of globs and `wildcard` conditions.
///
/// Matching takes time linear in the text: every segment between two gaps is searched for once, leftmost first, as in
/// Knuth, Morris and Pratt, "Fast Pattern Matching in Strings" (1977).
struct StarPattern: Sendable, Hashable {
    /// The text before the first gap.
    let first: [UInt8]
    private let middle: [Segment]
    /// The text after the last gap; nil if there is no gap: then `first` is the whole text.
    let last: [UInt8]?

    /// - Parameter pieces: the texts before, between and after the gaps; one piece is a literal text.
    init(pieces: [[UInt8]]) {
        first = pieces.first ?? []
        last = pieces.count > 1 ? pieces.last : nil
        middle = pieces.dropFirst().dropLast().filter { !$0.isEmpty }.map(Segment.init)
    }

    var isLiteral: Bool { last == nil }

    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0) }
    }

    private func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let last else { return bytes.elementsEqual(first) }
        guard bytes.count >= first.count + last.count, bytes.starts(with: first),
            bytes.suffix(last.count).elementsEqual(last)
        else { return false }
        var position = first.count
        let end = bytes.count - last.count
        for segment in middle {
            guard let next = segment.endOfMatch(in: bytes, from: position, to: end) else { return false }
            position = next
        }
        return true
    }

    private struct Segment: Sendable, Hashable {
        private let bytes: [UInt8]
        /// For each byte: how much of the segment still matches after a mismatch behind it.
        private let fallbacks: [Int]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            var fallbacks = Array(repeating: 0, count: bytes.count)
            var matched = 0
            for index in bytes.indices.dropFirst() {
                while matched > 0, bytes[index] != bytes[matched] { matched = fallbacks[matched - 1] }
                if bytes[index] == bytes[matched] { matched += 1 }
                fallbacks[index] = matched
            }
            self.fallbacks = fallbacks
        }

        func endOfMatch(in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int? {
            var matched = 0
            for index in start..<max(start, end) {
                while matched > 0, text[index] != bytes[matched] { matched = fallbacks[matched - 1] }
                if text[index] == bytes[matched] { matched += 1 }
                if matched == bytes.count { return index + 1 }
            }
            return nil
        }
    }
}
