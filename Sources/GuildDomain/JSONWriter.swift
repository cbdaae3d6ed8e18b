extension JSONValue {
    /// How the text is laid out.
    package enum Layout: Sendable {
        case compact
        /// Two spaces a level, one member a line.
        case pretty
        /// Compact, the members of each object sorted by key: equal documents have equal text.
        case canonical
    }

    /// The value as JSON text.
    package func text(_ layout: Layout = .compact) -> String { String(decoding: bytes(layout), as: UTF8.self) }

    /// The document as UTF-8.
    package func bytes(_ layout: Layout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout: layout)
        writer.write(self, level: 0)
        return writer.output
    }
}

private struct JSONWriter {
    let layout: JSONValue.Layout
    var output: [UInt8] = []

    init(layout: JSONValue.Layout) { self.layout = layout }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .number(let number): append(number.description)
        case .string(let text): write(text)
        case .array(let elements):
            write(elements, between: ("[", "]"), level: level) { $0.write($1, level: level + 1) }
        case .object(let object):
            let members = layout == .canonical ? object.members.sorted { $0.key < $1.key } : object.members
            write(members, between: ("{", "}"), level: level) {
                $0.write($1.key)
                $0.append($0.layout == .pretty ? ": " : ":")
                $0.write($1.value, level: level + 1)
            }
        }
    }

    private mutating func write<Item>(
        _ items: [Item], between brackets: (StaticString, StaticString), level: Int,
        each: (inout JSONWriter, Item) -> Void
    ) {
        append(brackets.0)
        for (index, item) in items.enumerated() {
            if index > 0 { append(",") }
            newLine(level: level + 1)
            each(&self, item)
        }
        if !items.isEmpty { newLine(level: level) }
        append(brackets.1)
    }

    private mutating func newLine(level: Int) {
        guard layout == .pretty else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: level * 2))
    }

    private mutating func write(_ text: String) {
        output.append(0x22)
        defer { output.append(0x22) }
        guard text.utf8.contains(where: Self.mustEscape) else { return output.append(contentsOf: text.utf8) }
        for byte in text.utf8 {
            switch byte {
            case 0x22: append("\\\"")
            case 0x5C: append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20, 0x7F:
                append(byte < 0x10 ? "\\u000" : "\\u00")
                append(String(byte, radix: 16))
            default: output.append(byte)
            }
        }
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F
    }

    private mutating func append(_ text: StaticString) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }
}
