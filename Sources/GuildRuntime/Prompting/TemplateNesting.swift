/// How deep the sections of a Mustache template stand in each other, found without recursion.
///
/// It follows the set delimiters as the parser does: those that a section sets end with it.
enum TemplateNesting {
    private struct Delimiters {
        var start = Array("{{".utf8)
        var end = Array("}}".utf8)
    }

    /// - Returns: the greatest depth; counting stops above `limit`.
    static func depth(of text: String, limit: Int) -> Int {
        let bytes = Array(text.utf8)
        var levels = [Delimiters()]
        var deepest = 0
        var position = 0
        while let delimiters = levels.last, let tag = find(delimiters.start, in: bytes, from: position) {
            position = tag + delimiters.start.count
            guard position < bytes.count else { break }
            switch bytes[position] {
            case UInt8(ascii: "#"), UInt8(ascii: "^"), UInt8(ascii: "<"), UInt8(ascii: "$"):
                levels.append(delimiters)
                deepest = max(deepest, levels.count - 1)
                if deepest > limit { return deepest }
            case UInt8(ascii: "/"):
                // One that ends nothing is the parser's to complain about.
                if levels.count > 1 { levels.removeLast() }
            case UInt8(ascii: "!"):
                guard let end = find(delimiters.end, in: bytes, from: position) else { return deepest }
                position = end + delimiters.end.count
            case UInt8(ascii: "="):
                guard let end = find([UInt8(ascii: "=")] + delimiters.end, in: bytes, from: position + 1) else {
                    return deepest
                }
                let words = bytes[(position + 1)..<end].split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
                guard words.count == 2 else { return deepest }
                levels[levels.count - 1] = Delimiters(start: Array(words[0]), end: Array(words[1]))
                position = end + 1 + delimiters.end.count
            default: break
            }
        }
        return deepest
    }

    private static func find(_ wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = wanted.first, start <= bytes.count - wanted.count else { return nil }
        return (start...(bytes.count - wanted.count)).first { index in
            bytes[index] == first && bytes[index..<index + wanted.count].elementsEqual(wanted)
        }
    }
}
