/// Composes the YAML that manifests are mostly written in, some thirty times faster than Yams does.
///
/// It reads one document of block mappings and sequences, flow collections on one line, and plain and quoted scalars on
/// one line. It leaves any other text, and any that looks like a mistake, to Yams, which composes it and reports the
/// fault. Its own result equals that of Yams, down to each mark (`PlainYAMLTests`).
///
/// The rules are those of YAML 1.2.2, chapters 6 to 8, as libyaml 0.2.5 has them (scanner.c).
struct PlainYAML {
    private enum Limit {
        static let depth = 32
        /// libyaml takes keys of 1,024 characters.
        static let keyBytes = 128
        /// Keys of one mapping, which are compared with each other.
        static let keys = 64
    }

    /// A text, or a part of it, that has to be left to Yams.
    private struct Unusual: Error {}

    private let bytes: [UInt8]
    private let isASCII: Bool
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private var depth = 0

    /// The only document of a text; nil if Yams has to read it.
    ///
    /// - Parameter bytes: valid UTF-8 without a byte order mark.
    static func document(of bytes: [UInt8]) -> YAMLNode? {
        guard let isASCII = Self.isReadable(bytes) else { return nil }
        var text = PlainYAML(bytes: bytes, isASCII: isASCII)
        // The error carries nothing: it only says that this is for Yams.
        return try? text.document()
    }

    private init(bytes: [UInt8], isASCII: Bool) {
        self.bytes = bytes
        self.isASCII = isASCII
    }

    private mutating func document() throws(Unusual) -> YAMLNode {
        guard skipToContent(), column == 0 else { throw Unusual() }
        let root = try blockMapping(at: 0)
        guard isAtEnd else { throw Unusual() }
        return root
    }

    // MARK: Bytes

    private static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
    private static let colon = UInt8(ascii: ":")
    private static let hash = UInt8(ascii: "#")
    private static let dash = UInt8(ascii: "-")

    /// Whether every character may stand in YAML and is no line break but `\n`; true if all are ASCII, nil if not.
    ///
    /// An ampersand may be an anchor, which is bounded elsewhere.
    private static func isReadable(_ bytes: [UInt8]) -> Bool? {
        var isASCII = true
        for (index, byte) in bytes.enumerated() {
            if byte < 0x80 {
                guard (byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "&")) || byte == newline else { return nil }
                continue
            }
            isASCII = false
            switch byte {
            // U+0080 to U+009F, U+0085 among them, which breaks a line.
            case 0xC2 where index + 1 < bytes.count && bytes[index + 1] < 0xA0: return nil
            // U+2028 and U+2029, which break lines too.
            case 0xE2
            where index + 2 < bytes.count && bytes[index + 1] == 0x80 && (0xA8...0xA9).contains(bytes[index + 2]):
                return nil
            // U+FEFF, U+FFFE and U+FFFF.
            case 0xEF: return nil
            default: break
            }
        }
        return isASCII
    }

    private var isAtEnd: Bool { position >= bytes.count }

    /// The byte at the position, or a newline at the end.
    private var current: UInt8 { position < bytes.count ? bytes[position] : Self.newline }

    private var next: UInt8 { position + 1 < bytes.count ? bytes[position + 1] : Self.newline }

    /// In bytes, for text that only spaces precede.
    private var column: Int { position - lineStart }

    private var mark: YAMLNode.Mark {
        guard !isASCII else { return YAMLNode.Mark(line: line, column: column + 1) }
        let scalars = bytes[lineStart..<position].count { $0 & 0xC0 != 0x80 }
        return YAMLNode.Mark(line: line, column: scalars + 1)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == newline }

    private mutating func skipSpaces() { while current == Self.space { position += 1 } }

    /// Moves to the next thing that is neither blank nor a comment; false at the end of the text.
    private mutating func skipToContent() -> Bool {
        while true {
            skipSpaces()
            guard !isAtEnd else { return false }
            if current == Self.hash { while current != Self.newline { position += 1 } }
            guard current == Self.newline else { return true }
            guard !isAtEnd else { return false }
            position += 1
            line += 1
            lineStart = position
        }
    }

    /// Moves past the rest of a line that holds nothing more, and on to the next content.
    private mutating func endLine() throws(Unusual) {
        let end = position
        skipSpaces()
        guard current == Self.newline || (current == Self.hash && position > end) else { throw Unusual() }
        _ = skipToContent()
    }

    // MARK: Block collections

    private var isEntry: Bool { current == Self.dash && next == Self.space }

    private mutating func blockMapping(at indent: Int) throws(Unusual) -> YAMLNode {
        try descend()
        let start = mark
        var pairs: [YAMLNode.Pair] = []
        while !isAtEnd, column == indent {
            guard let key = try key() else { throw Unusual() }
            position += 1
            pairs.append(YAMLNode.Pair(key: .scalar(key), value: try blockValue(of: indent)))
            guard isAtEnd || column <= indent else { throw Unusual() }
        }
        try requireDifferentKeys(pairs)
        depth -= 1
        return .mapping(YAMLNode.Mapping(pairs: pairs, tag: YAMLNode.impliedTag, mark: start))
    }

    /// The value after the colon of a key, on its line or below it.
    private mutating func blockValue(of indent: Int) throws(Unusual) -> YAMLNode {
        let colon = position
        skipSpaces()
        guard current == Self.newline || (current == Self.hash && position > colon) else {
            let value = try inlineValue()
            try endLine()
            return value
        }
        guard skipToContent() else { throw Unusual() }
        if isEntry, column >= indent { return try blockSequence(at: column, isIndented: column > indent) }
        guard column > indent else { throw Unusual() }
        return try blockMapping(at: column)
    }

    /// - Parameter isIndented: false for one whose entries stand in the column of the key that it belongs to.
    private mutating func blockSequence(at indent: Int, isIndented: Bool) throws(Unusual) -> YAMLNode {
        try descend()
        let start = mark
        var nodes: [YAMLNode] = []
        while !isAtEnd, column == indent, isEntry {
            position += 1
            skipSpaces()
            nodes.append(try entry())
            guard isAtEnd || column <= indent else { throw Unusual() }
        }
        guard isAtEnd || column < indent || !isIndented else { throw Unusual() }
        depth -= 1
        return .sequence(YAMLNode.Sequence(nodes: nodes, tag: YAMLNode.impliedTag, mark: start))
    }

    /// The entry after a dash.
    private mutating func entry() throws(Unusual) -> YAMLNode {
        let start = position
        let isMapping = try key() != nil
        position = start
        if isMapping { return try blockMapping(at: column) }
        let value = try inlineValue()
        try endLine()
        return value
    }

    private mutating func descend() throws(Unusual) {
        depth += 1
        // Columns are counted in bytes, and what is indented by spaces has no others before it.
        guard depth <= Limit.depth else { throw Unusual() }
    }

    // MARK: Keys

    /// A key, and the position at its colon; nil, and any position, if there is none.
    private mutating func key() throws(Unusual) -> YAMLNode.Scalar? {
        let start = position
        let scalar: YAMLNode.Scalar
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): scalar = try quoted()
        default:
            guard Self.beginsWord(current) else { return nil }
            let mark = self.mark
            while Self.isInWord(current) { position += 1 }
            // Yams resolves the tags of keys in order to compare them.
            scalar = plain(start..<position, mark, tag: YAMLNode.textTag)
        }
        guard current == Self.colon, Self.isBlank(next) else { return nil }
        guard position - start <= Limit.keyBytes else { throw Unusual() }
        return scalar
    }

    private func requireDifferentKeys(_ pairs: [YAMLNode.Pair]) throws(Unusual) {
        guard pairs.count > 1 else { return }
        guard pairs.count <= Limit.keys else { throw Unusual() }
        for (index, pair) in pairs.enumerated() {
            guard case .scalar(let key) = pair.key else { throw Unusual() }
            for earlier in pairs[..<index] {
                if case .scalar(let other) = earlier.key, other.string == key.string { throw Unusual() }
            }
        }
    }

    private static func beginsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isInWord(_ byte: UInt8) -> Bool {
        beginsWord(byte) || byte == dash || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
    }

    // MARK: Values on one line

    private mutating func inlineValue() throws(Unusual) -> YAMLNode {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): .scalar(try quoted())
        case UInt8(ascii: "["): try flowSequence()
        case UInt8(ascii: "{"): try flowMapping()
        default: .scalar(try plainToLineEnd())
        }
    }

    /// Text between quotes, as it is: anything escaped is left to Yams.
    private mutating func quoted() throws(Unusual) -> YAMLNode.Scalar {
        let quote = current
        let mark = self.mark
        position += 1
        let start = position
        while current != quote {
            guard current != Self.newline, current != UInt8(ascii: "\\") || quote == UInt8(ascii: "'") else {
                throw Unusual()
            }
            position += 1
        }
        let end = position
        position += 1
        guard current != quote else { throw Unusual() }
        return YAMLNode.Scalar(
            string: String(decoding: bytes[start..<end], as: UTF8.self), tag: YAMLNode.textTag,
            style: quote == UInt8(ascii: "'") ? .singleQuoted : .doubleQuoted, mark: mark)
    }

    private func plain(
        _ range: Range<Int>, _ mark: YAMLNode.Mark, tag: String = YAMLNode.impliedTag
    ) -> YAMLNode.Scalar {
        YAMLNode.Scalar(string: String(decoding: bytes[range], as: UTF8.self), tag: tag, style: .plain, mark: mark)
    }

    /// Whether a plain scalar may begin here: with nothing that means something to YAML.
    private var beginsPlain: Bool {
        switch current {
        case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "$"), UInt8(ascii: "("), UInt8(ascii: "+"),
            UInt8(ascii: "~"), UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: "^"):
            true
        case Self.dash: Self.beginsWord(next) || next == UInt8(ascii: ".")
        case 0x80...: true
        default: Self.beginsWord(current)
        }
    }

    private mutating func plainToLineEnd() throws(Unusual) -> YAMLNode.Scalar {
        guard beginsPlain else { throw Unusual() }
        let start = position
        let mark = self.mark
        var end = position
        while current != Self.newline {
            let byte = current
            if byte == Self.colon, Self.isBlank(next) { throw Unusual() }
            if byte == Self.space {
                if next == Self.hash { break }
            } else {
                end = position + 1
            }
            position += 1
        }
        return plain(start..<end, mark)
    }

    // MARK: Flow collections on one line

    private mutating func flowValue() throws(Unusual) -> YAMLNode {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): .scalar(try quoted())
        case UInt8(ascii: "["): try flowSequence()
        case UInt8(ascii: "{"): try flowMapping()
        default: .scalar(try flowPlain())
        }
    }

    private mutating func flowSequence() throws(Unusual) -> YAMLNode {
        try descend()
        let start = mark
        var nodes: [YAMLNode] = []
        try flowEntries(until: UInt8(ascii: "]")) { (text: inout PlainYAML) throws(Unusual) in
            nodes.append(try text.flowValue())
        }
        depth -= 1
        return .sequence(YAMLNode.Sequence(nodes: nodes, tag: YAMLNode.impliedTag, mark: start))
    }

    private mutating func flowMapping() throws(Unusual) -> YAMLNode {
        try descend()
        let start = mark
        var pairs: [YAMLNode.Pair] = []
        try flowEntries(until: UInt8(ascii: "}")) { (text: inout PlainYAML) throws(Unusual) in
            guard let key = try text.key(), text.next == Self.space else { throw Unusual() }
            text.position += 1
            text.skipSpaces()
            pairs.append(YAMLNode.Pair(key: .scalar(key), value: try text.flowValue()))
        }
        try requireDifferentKeys(pairs)
        depth -= 1
        return .mapping(YAMLNode.Mapping(pairs: pairs, tag: YAMLNode.impliedTag, mark: start))
    }

    /// Reads from the opening bracket to behind the closing one.
    private mutating func flowEntries(
        until close: UInt8, _ entry: (inout PlainYAML) throws(Unusual) -> Void
    ) throws(Unusual) {
        position += 1
        skipSpaces()
        guard current != close else { return position += 1 }
        while true {
            try entry(&self)
            skipSpaces()
            if current == close { return position += 1 }
            guard current == UInt8(ascii: ",") else { throw Unusual() }
            position += 1
            skipSpaces()
        }
    }

    /// Ends before a comma or a bracket; a colon, a comment or a quote in it is left to Yams.
    private mutating func flowPlain() throws(Unusual) -> YAMLNode.Scalar {
        guard beginsPlain else { throw Unusual() }
        let start = position
        let mark = self.mark
        var end = position
        scan: while true {
            switch current {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): break scan
            case Self.newline, Self.colon, Self.hash, UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "?"),
                UInt8(ascii: "\""), UInt8(ascii: "'"):
                throw Unusual()
            case Self.space: break
            default: end = position + 1
            }
            position += 1
        }
        return plain(start..<end, mark)
    }
}
