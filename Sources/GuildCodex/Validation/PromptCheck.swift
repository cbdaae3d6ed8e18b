import GuildDomain

/// Reads a prompt as Mustache does (mustache(5)), and reports, with its place, anything that would not run or would
/// render empty.
///
/// It accepts nothing that the template engine refuses: a prompt that is valid here compiles in each run. It also
/// reports text that looks like another template language, or names a value that no prompt has.
package struct PromptCheck {
    /// The largest prompt, in bytes.
    package static let largestBytes = 256 << 10
    /// Sections in sections; the engine's parser goes as deep as they do.
    package static let deepestSections = 64
    private static let mostProblems = 20
    /// The first line of every pointer (git-lfs, docs/spec.md).
    private static let largeFilePointer = "version https://git-lfs.github.com/spec/"

    /// A problem, and its place in the text: line and column from 1.
    package struct Finding: Sendable, Hashable {
        /// Whether the prompt cannot run because of it.
        package let severity: Problem.Severity
        /// The line, from 1.
        package let line: Int
        /// The column, from 1.
        package let column: Int
        /// The text that was found.
        package let found: String
        /// The expected text.
        package var expected: String?
        /// The nearest correct text.
        package var suggestion: String?

        /// An error before a warning of the same place.
        fileprivate var rank: Int { severity == .error ? 0 : 1 }
    }

    /// The problems in a prompt, in the order of its text.
    package static func findings(in text: String) -> [Finding] {
        guard text.utf8.count <= largestBytes else {
            return [
                Finding(
                    severity: .error, line: 1, column: 1, found: "a prompt of \(text.utf8.count) bytes",
                    expected: "at most \(largestBytes)")
            ]
        }
        guard !text.hasPrefix(largeFilePointer) else {
            return [
                Finding(
                    severity: .error, line: 1, column: 1, found: "a Git LFS pointer in place of the text",
                    expected: "the text itself: git lfs untrack, and commit the file again")
            ]
        }
        var check = PromptCheck(text)
        check.run()
        return check.findings
    }

    private struct Delimiters {
        var start = Array("{{".utf8)
        var end = Array("}}".utf8)
    }

    /// An open section. One whose opening was wrong has no name, and is closed by any.
    private struct Section {
        let name: String?
        let offset: Int
        let delimiters: Delimiters
        /// Whether names in it may refer to the section's own value.
        let isContext: Bool
    }

    private let bytes: [UInt8]
    private var delimiters = Delimiters()
    private var sections: [Section] = []
    private var findings: [Finding] = []

    private init(_ text: String) { bytes = Array(text.utf8) }

    private mutating func run() {
        // The engine reads its own pragma first, and the text right after it.
        if String(decoding: [UInt8(ascii: "}")] + bytes.prefix(4), as: UTF8.self).first?.utf8.count ?? 1 > 1 {
            return report(0, "a sign that joins with the text before it", expected: "a letter or a space first")
        }
        var position = 0
        while let tag = find(delimiters.start, from: position), findings.count < Self.mostProblems {
            let content = tag + delimiters.start.count
            guard content < bytes.count else {
                report(tag, "an opening without a tag", expected: "a tag, or {{=<% %>=}} before it")
                break
            }
            guard !isJoined(before: tag), !isJoined(after: content + 1) else {
                report(tag, "a sign that joins with the tag", expected: "a space between the two")
                break
            }
            guard let next = read(tag, content) else { break }
            position = next
        }
        reportCutOpening(from: position)
        for section in sections where findings.count < Self.mostProblems {
            let name = section.name.map { " \(quoted($0))" } ?? ""
            report(section.offset, "an unclosed section\(name)", expected: section.name.map { "{{/\($0)}}" })
        }
        findings.sort { ($0.line, $0.column, $0.rank) < ($1.line, $1.column, $1.rank) }
    }

    /// The engine compares whole delimiters, and ends with an error if the text ends within one.
    private mutating func reportCutOpening(from position: Int) {
        for length in 1..<max(delimiters.start.count, 1) where bytes.count - length >= position {
            guard bytes.suffix(length).elementsEqual(delimiters.start.prefix(length)) else { continue }
            return report(bytes.count - length, "half an opening at the end", expected: "a line end after it")
        }
    }

    /// Reads one tag.
    ///
    /// - Returns: where the text continues; nil if the rest cannot be judged.
    private mutating func read(_ tag: Int, _ content: Int) -> Int? {
        switch bytes[content] {
        case UInt8(ascii: "!"): return end(of: tag, from: content + 1, "a comment").map { $0 + delimiters.end.count }
        case UInt8(ascii: "="): return setDelimiters(tag, content + 1)
        case UInt8(ascii: "#"), UInt8(ascii: "^"), UInt8(ascii: "$"): return open(tag, content)
        case UInt8(ascii: "/"): return close(tag, content + 1)
        case UInt8(ascii: ">"), UInt8(ascii: "<"):
            report(tag, "a partial", expected: "the text itself: a prompt is one file")
            return end(of: tag, from: content + 1, "a tag").map { $0 + delimiters.end.count }
        case UInt8(ascii: "%"):
            guard let end = end(of: tag, from: content + 1, "a tag") else { return nil }
            let words = text(content + 1, end).split(separator: ":", omittingEmptySubsequences: false).map {
                Self.trimmed($0)
            }
            if words.count != 2 || words[0] != "CONTENT_TYPE" || !["TEXT", "HTML"].contains(words[1]) {
                report(tag, "an unknown pragma", expected: "CONTENT_TYPE:TEXT, which is already in force")
            }
            return end + delimiters.end.count
        case UInt8(ascii: "{"):
            guard let end = end(of: tag, from: content + 1, "a tag") else { return nil }
            name(tag, text(content + 1, end))
            guard end + delimiters.end.count < bytes.count, bytes[end + delimiters.end.count] == UInt8(ascii: "}")
            else {
                report(tag, "an unclosed tag of three braces", expected: "}}}")
                return nil
            }
            return end + delimiters.end.count + 1
        case let kind:
            let start = kind == UInt8(ascii: "&") ? content + 1 : content
            guard let end = end(of: tag, from: start, "a tag") else { return nil }
            name(tag, text(start, end))
            return end + delimiters.end.count
        }
    }

    private mutating func open(_ tag: Int, _ content: Int) -> Int? {
        guard let end = end(of: tag, from: content + 1, "a tag") else { return nil }
        let raw = text(content + 1, end)
        let isBlock = bytes[content] == UInt8(ascii: "$")
        let isGood = isBlock ? plainName(tag, raw) : name(tag, raw)
        guard sections.count < Self.deepestSections else {
            report(tag, "sections more than \(Self.deepestSections) deep")
            return nil
        }
        sections.append(
            Section(
                name: isGood ? raw : nil, offset: tag, delimiters: delimiters,
                isContext: bytes[content] == UInt8(ascii: "#")))
        return end + delimiters.end.count
    }

    private mutating func close(_ tag: Int, _ content: Int) -> Int? {
        guard let end = end(of: tag, from: content, "a tag") else { return nil }
        let raw = text(content, end)
        let next = end + delimiters.end.count
        guard let section = sections.popLast() else {
            report(tag, "the end of a section \(quoted(raw)) that was not opened")
            return next
        }
        if let name = section.name, name != raw {
            report(tag, "the end of \(quoted(raw)) in the section \(quoted(name))", expected: "{{/\(name)}}")
        }
        delimiters = section.delimiters
        return next
    }

    private mutating func setDelimiters(_ tag: Int, _ content: Int) -> Int? {
        let ending = [UInt8(ascii: "=")] + delimiters.end
        guard let end = find(ending, from: content) else {
            report(tag, "an unclosed change of delimiters")
            return nil
        }
        let words = bytes[content..<end].split { Self.isSpace($0) }
        let banned = Self.nameBytes.union([UInt8(ascii: "=")])
        guard words.count == 2, words.allSatisfy({ word in word.allSatisfy { $0 < 0x80 && !banned.contains($0) } })
        else {
            report(tag, "invalid delimiters", expected: "two, of punctuation only: {{=<% %>=}}")
            return nil
        }
        guard !isJoined(after: end + ending.count) else {
            report(tag, "a sign that joins with the end of the tag", expected: "a space between the two")
            return nil
        }
        delimiters = Delimiters(start: Array(words[0]), end: Array(words[1]))
        return end + ending.count
    }

    // MARK: Names

    /// Whether the text is a name, perhaps within functions; reports if it is not, or if no prompt has such a value.
    @discardableResult
    private mutating func name(_ tag: Int, _ raw: String) -> Bool {
        var inner = raw[...]
        var functions: [Substring] = []
        while let bracket = inner.firstIndex(of: "("), inner.hasSuffix(")") {
            functions.append(inner[..<bracket])
            inner = inner[inner.index(after: bracket)...].dropLast()
        }
        let isAlone = functions.isEmpty
        guard isAlone || functions.allSatisfy({ Self.isName($0) }), inner.isEmpty ? !isAlone : Self.isName(inner) else {
            report(badName: raw, tag)
            return false
        }
        for function in functions where !PromptValues.functions.contains(String(function)) {
            report(
                tag, "no function \(quoted(String(function)))",
                suggestion: NearestName.of(String(function), in: PromptValues.functions))
            return false
        }
        if !sections.contains(where: \.isContext), let complaint = PromptValues.complaint(about: String(inner)) {
            add(.warning, tag, complaint.found, expected: complaint.expected, suggestion: complaint.suggestion)
        }
        return true
    }

    private mutating func plainName(_ tag: Int, _ raw: String) -> Bool {
        guard Self.isName(raw[...]) else {
            report(badName: raw, tag)
            return false
        }
        return true
    }

    private mutating func report(badName raw: String, _ tag: Int) {
        guard !raw.isEmpty else {
            return report(tag, "a tag without a name", expected: "a name, or {{=<% %>=}} before it to show braces")
        }
        let isHelper = ["each ", "if ", "with ", "unless "].contains(where: raw.hasPrefix)
        report(
            tag, "\(quoted(raw)), which is not a name",
            expected: isHelper
                ? "{{#name}}…{{/name}}, and {{.}} for each element: Mustache has no helpers"
                : "a name such as data.title: Mustache has no expressions")
    }

    /// One dot, or steps of letters, digits and few signs between dots.
    private static func isName(_ text: Substring) -> Bool {
        guard text.utf8.allSatisfy({ nameBytes.contains($0) }), !text.isEmpty else { return false }
        return text == "." || !text.split(separator: ".", omittingEmptySubsequences: false).contains("")
    }

    private static let nameBytes = Set(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_?*".utf8)

    // MARK: Text

    private mutating func end(of tag: Int, from start: Int, _ what: String) -> Int? {
        guard let end = find(delimiters.end, from: start) else {
            report(tag, "\(what) that does not end", expected: String(decoding: delimiters.end, as: UTF8.self))
            return nil
        }
        guard !isJoined(after: end + delimiters.end.count), !isJoined(after: end + delimiters.end.count + 1) else {
            report(tag, "a sign that joins with the end of the tag", expected: "a space between the two")
            return nil
        }
        return end
    }

    /// Whether the byte before `index` and the following ones form one character: an accent on a brace. The engine
    /// reads characters, and would not see the brace.
    private func isJoined(after index: Int) -> Bool {
        guard index > 0, index < bytes.count, bytes[index] >= 0x80, bytes[index - 1] < 0x80 else { return false }
        let text = String(decoding: bytes[(index - 1)..<min(index + 4, bytes.count)], as: UTF8.self)
        return text.first.map { $0.utf8.count > 1 } ?? false
    }

    private func isJoined(before index: Int) -> Bool {
        guard index > 0, bytes[index - 1] >= 0x80 else { return false }
        let text = String(decoding: bytes[max(0, index - 4)...index], as: UTF8.self)
        return text.last.map { $0.utf8.count > 1 } ?? false
    }

    private func text(_ start: Int, _ end: Int) -> String {
        Self.trimmed(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var rest = Array(text.utf8)[...]
        while let first = rest.first, isSpace(first) { rest = rest.dropFirst() }
        while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
        return String(decoding: rest, as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private func find(_ wanted: [UInt8], from start: Int) -> Int? {
        guard let first = wanted.first, start <= bytes.count - wanted.count else { return nil }
        return (start...(bytes.count - wanted.count)).first { index in
            bytes[index] == first && bytes[index..<index + wanted.count].elementsEqual(wanted)
        }
    }

    private mutating func report(_ tag: Int, _ found: String, expected: String? = nil, suggestion: String? = nil) {
        add(.error, tag, found, expected: expected, suggestion: suggestion)
    }

    private mutating func add(
        _ severity: Problem.Severity, _ tag: Int, _ found: String, expected: String?, suggestion: String?
    ) {
        var line = 1
        var start = 0
        for (index, byte) in bytes[..<tag].enumerated() where byte == UInt8(ascii: "\n") {
            line += 1
            start = index + 1
        }
        // Every byte but those that continue a scalar.
        let column = 1 + bytes[start..<tag].count { $0 & 0xC0 != 0x80 }
        findings.append(
            Finding(
                severity: severity, line: line, column: column, found: found, expected: expected,
                suggestion: suggestion))
    }
}
