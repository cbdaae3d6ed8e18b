import GuildDomain

/// A model's answers if there is no script: a triage that comments once on the issue of its event.
enum DefaultScript {
    private static let commentTool = "github__create_issue_comment"
    private static let labelTool = "github__add_labels"
    private static let quotedCharacters = 80

    static func answer(_ call: ModelCall) -> ModelAnswer {
        let subject = Subject(in: call.text)
        let tools = Set(call.toolNames)
        if call.hasToolResult {
            return ModelAnswer(blocks: [.text("Done with \(subject.repository)#\(subject.number).")])
        }
        if tools.contains(commentTool) {
            return ModelAnswer(blocks: [
                .text("I will comment on \(subject.repository)#\(subject.number)."),
                .tool(
                    name: commentTool,
                    input: subject.input(with: ("body", "Thank you for the report; it has been triaged."))),
            ])
        }
        if tools.contains(labelTool) {
            return ModelAnswer(blocks: [
                .text("I will label \(subject.repository)#\(subject.number)."),
                .tool(name: labelTool, input: subject.input(with: ("labels", ["triage"]))),
            ])
        }
        return ModelAnswer(blocks: [.text("Noted: \(call.lastUserText.prefix(quotedCharacters))")])
    }

    /// The issue that a conversation speaks of, as a GitHub payload names it.
    struct Subject: Equatable {
        var repository = "acme/shop"
        var number: Int64 = 1

        /// Text beyond this is not searched.
        private static let searchedBytes = 1 << 20
        private static let repositoryBytes = 140

        init(in text: String) {
            let bytes = Array(text.utf8.prefix(Self.searchedBytes))
            if let found = Self.value(after: "full_name", in: bytes),
                let end = found.dropFirst().prefix(Self.repositoryBytes).firstIndex(where: { $0 == 0x22 || $0 == 0x5C }
                ),
                found.first == 0x22
            {
                let name = String(decoding: found.dropFirst()[..<end], as: UTF8.self)
                let parts = name.split(separator: "/", omittingEmptySubsequences: false)
                if parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) { repository = name }
            }
            if let found = Self.value(after: "number", in: bytes) {
                let digits = found.prefix(18).prefix { $0 >= 0x30 && $0 <= 0x39 }
                if let value = Int64(String(decoding: digits, as: UTF8.self)), value > 0 { number = value }
            }
        }

        func input(with member: (String, JSONValue)) -> JSONValue {
            ["repository": .string(repository), "number": .integer(number), member.0: member.1]
        }

        /// The text after `"key":` at its first occurrence; the quotes may be escaped, as in JSON within JSON.
        private static func value(after key: String, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
            let needle = Array("\"\(key)".utf8)
            var start = bytes.startIndex
            while let quote = bytes[start...].firstIndex(of: 0x22) {
                start = quote + 1
                guard bytes[quote...].starts(with: needle) else { continue }
                var rest = bytes[(quote + needle.count)...]
                if rest.first == 0x5C { rest = rest.dropFirst() }
                guard rest.popFirst() == 0x22 else { continue }
                rest = rest.drop { $0 == 0x20 }
                guard rest.popFirst() == 0x3A else { continue }
                rest = rest.drop { $0 == 0x20 }
                if rest.first == 0x5C { rest = rest.dropFirst() }
                return rest
            }
            return nil
        }
    }
}
