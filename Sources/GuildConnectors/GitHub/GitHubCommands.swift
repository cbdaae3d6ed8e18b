/// The commands in a text for bots and for GitHub: a line that begins with `/lgtm`, a mention with an order after it or
/// on the next line (`@dependabot merge`), and a verb that closes an issue (`fixes #1`).
///
/// Bots read the text as written, code blocks included, and each in its own way: in doubt it is a command.
struct GitHubCommands {
    /// Past this many the rest is not listed.
    static let limit = 256
    /// Mentions that are looked at for an order; a text with more waits for a person.
    static let mentionLimit = 1024
    /// Of an order, in scalars.
    private static let longest = 200

    /// `/lgtm` and `/lgtm cancel` of the line `/lgtm cancel`; `fixes #1` and `fixes acme/shop#1`.
    private(set) var found: [String] = []
    private(set) var isWhole = true
    private var seen: Set<String> = []
    /// Looked at in the form at hand.
    private var mentions = 0

    init(in texts: [GitHubText], repository: String?) {
        let repository = repository.map { $0.lowercased().hasSuffix(".git") ? String($0.dropLast(4)) : $0 }
        for form in texts.flatMap(\.forms) {
            mentions = 0
            let lines = form.unicodeScalars.split(whereSeparator: Self.isLineEnd).map(Array.init)
            for (index, line) in lines.enumerated() {
                addSlashCommand(line)
                for position in line.indices where line[position] == "@" {
                    addOrder(line[position...], then: lines[(index + 1)...])
                    guard isWhole else { return }
                }
            }
            addClosing(Array(form.unicodeScalars), repository: repository)
            guard isWhole else { return }
        }
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    private mutating func add(_ command: String) {
        guard !command.isEmpty, !seen.contains(command.lowercased()) else { return }
        guard found.count < Self.limit else { return isWhole = false }
        seen.insert(command.lowercased())
        found.append(command)
    }

    /// Quotes, lists, emphasis and code before it do not count.
    private mutating func addSlashCommand(_ line: [Unicode.Scalar]) {
        let rest = line.drop { !($0 == "/" || $0.properties.isAlphabetic) }
        guard rest.first == "/" else { return }
        let name = rest.dropFirst().prefix { $0.isASCIIAlphanumeric || $0 == "-" || $0 == "_" }
        guard !name.isEmpty else { return }
        add("/" + String(String.UnicodeScalarView(name)))
        add(Self.words(of: rest).joined(separator: " "))
    }

    /// - Parameter lines: those after it; a mention that ends its line gives its order on the next line with content.
    private mutating func addOrder(_ text: ArraySlice<Unicode.Scalar>, then lines: ArraySlice<[Unicode.Scalar]>) {
        guard let (name, length) = GitHubMentions.name(in: text.dropFirst()) else { return }
        mentions += 1
        guard mentions <= Self.mentionLimit else { return isWhole = false }
        var rest = text.dropFirst(1 + length)
        if rest.starts(with: "[bot]".unicodeScalars) { rest = rest.dropFirst("[bot]".unicodeScalars.count) }
        let words =
            Self.order(in: rest) ?? lines.prefix(Self.linesBefore).lazy.compactMap { Self.order(in: $0[...]) }.first
        guard let words, let first = words.first else { return }
        let order = String(
            String.UnicodeScalarView(first.unicodeScalars.prefix { $0.isASCIIAlphanumeric || $0 == "-" }))
        add("@\(name) \(order.isEmpty ? first : order)")
        add("@\(name) \(words.joined(separator: " "))")
    }

    /// The number of lines after a mention that are searched for one with more than punctuation.
    private static let linesBefore = 8

    private static func order(in text: ArraySlice<Unicode.Scalar>) -> [String]? {
        let words = words(of: text.drop { !$0.isASCIIAlphanumeric && $0 != "/" && $0 != "!" })
        return words.isEmpty ? nil : words
    }

    /// The words of a line, without punctuation around the last.
    private static func words(of line: ArraySlice<Unicode.Scalar>) -> [String] {
        var line = line.prefix(longest)
        while let last = line.last, !last.isASCIIAlphanumeric, last.isASCII, last != "+" { line = line.dropLast() }
        return line.split { $0.properties.isWhitespace }.map { String(String.UnicodeScalarView($0)) }
    }

    // MARK: - fixes #1

    private mutating func addClosing(_ text: [Unicode.Scalar], repository: String?) {
        var position = 0
        while position < text.count {
            let word = text[position...].prefix { $0.isASCIIAlphanumeric }
            guard !word.isEmpty else {
                position += 1
                continue
            }
            position = word.endIndex
            guard word.count <= 8, GitHubFields.closingVerbs.contains(Self.text(word).lowercased()) else { continue }
            for (owner, number) in Self.issues(text[position...]) {
                let place = owner ?? repository
                if let place { add("\(GitHubFields.closingVerb) \(place)#\(number)") }
                if owner == nil || owner?.lowercased() == repository?.lowercased() {
                    add("\(GitHubFields.closingVerb) #\(number)")
                }
            }
        }
    }

    /// The issues after a verb; for a link both its text and its address.
    private static func issues(_ text: ArraySlice<Unicode.Scalar>) -> [(repository: String?, number: String)] {
        func target(_ text: ArraySlice<Unicode.Scalar>) -> (repository: String?, number: String)? {
            issue(text.drop { $0.properties.isWhitespace || isMark($0) })
        }
        let near = text.prefix(longest)
        guard near.prefix(while: { $0.properties.isWhitespace || isMark($0) }).contains("["),
            let end = near.indices.first(where: { near[$0] == "]" && text[($0 + 1)...].first == "(" })
        else { return [target(near)].compactMap { $0 } }
        return [target(text), target(text[(end + 2)...])].compactMap { $0 }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case ":", "*", "_", "`", "(", "[", "<", "~", "\"", "'": true
        default: false
        }
    }

    /// `#1`, `GH-1`, `acme/shop#1`, or the address of an issue or pull request.
    private static func issue(_ text: ArraySlice<Unicode.Scalar>) -> (repository: String?, number: String)? {
        let word = Self.text(text.prefix(longest).prefix { !$0.properties.isWhitespace })
        if let address = address(word) { return address }
        if let hash = word.unicodeScalars.firstIndex(of: "#") {
            let owner = String(word[..<hash])
            let number = digits(word[hash...].dropFirst())
            if !number.isEmpty { return (owner.isEmpty ? nil : owner, number) }
        }
        if word.lowercased().hasPrefix("gh-") {
            let number = digits(word.dropFirst(3))
            return number.isEmpty ? nil : (nil, number)
        }
        return nil
    }

    private static func address(_ word: String) -> (repository: String?, number: String)? {
        // HOST OWNER REPOSITORY issues NUMBER
        let steps = word.split(separator: "/", omittingEmptySubsequences: true)
        let places = ["issues", "issue", "pull", "pulls"]
        guard let place = steps.indices.dropFirst(3).first(where: { places.contains(steps[$0].lowercased()) }),
            place + 1 < steps.count
        else { return nil }
        let number = digits(steps[place + 1])
        return number.isEmpty ? nil : ("\(steps[place - 2])/\(steps[place - 1])", number)
    }

    /// The number at the beginning, without zeros before it.
    private static func digits(_ text: Substring) -> String {
        let digits = text.prefix { ("0"..."9").contains($0) }
        return String(digits.drop { $0 == "0" })
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
