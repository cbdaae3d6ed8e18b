/// The people and teams that a text calls: `@login`, `@org/team`
/// (https://docs.github.com/get-started/writing-on-github, "Mentioning people and teams").
///
/// In doubt it is a mention: a text that waits for a person is a smaller harm than one that wakes a thousand.
struct GitHubMentions {
    /// Past this many the rest is not listed.
    static let limit = 256

    /// Without the `@`, as written, each once.
    private(set) var names: [String] = []
    private(set) var isWhole = true

    init(in texts: [GitHubText]) {
        var seen: Set<String> = []
        for text in texts {
            let sources = GitHubFences.removed(from: text.raw).map { GitHubText($0).forms } ?? text.forms
            for form in sources {
                add(Array(form.unicodeScalars), &seen)
                guard isWhole else { return }
            }
        }
    }

    private mutating func add(_ text: [Unicode.Scalar], _ seen: inout Set<String>) {
        for (position, scalar) in text.enumerated() where scalar == "@" || scalar == "\u{FF20}" {
            // Behind a letter it is a mail address.
            if position > 0, text[position - 1].isASCIIAlphanumeric { continue }
            guard let name = Self.name(in: text[(position + 1)...])?.text, seen.insert(name.lowercased()).inserted
            else { continue }
            guard names.count < Self.limit else { return isWhole = false }
            names.append(name)
        }
    }

    /// The login, or organisation and team, at the beginning of a text; and how long it is there.
    static func name(in text: ArraySlice<Unicode.Scalar>) -> (text: String, length: Int)? {
        var name = text.prefix { $0.isASCIIAlphanumeric || $0 == "-" || $0 == "_" }
        guard let first = name.first, first.isASCIIAlphanumeric else { return nil }
        let rest = text[name.endIndex...]
        let team = rest.dropFirst().prefix { $0.isASCIIAlphanumeric || $0 == "-" || $0 == "_" || $0 == "." }
        if rest.first == "/", team.contains(where: \.isASCIIAlphanumeric) {
            name = text[name.startIndex..<team.endIndex]
        }
        // Punctuation that ends a sentence or an emphasis is not part of it.
        while let last = name.last, !last.isASCIIAlphanumeric { name = name.dropLast() }
        return (String(String.UnicodeScalarView(name)), name.count)
    }
}
