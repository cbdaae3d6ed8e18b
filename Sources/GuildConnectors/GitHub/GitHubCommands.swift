/// What a text tells bots and GitHub to do: a line that begins `/lgtm`, a mention with an order behind it
/// (`@dependabot merge`), and a verb that closes an issue (`fixes #1`).
///
/// Bots read the text as written, code blocks too, and each in its own way: in doubt it is a command.
struct GitHubCommands {
    /// Past this many the rest is not listed.
    static let limit = 256
    /// Of an order, in scalars.
    private static let longest = 200

    /// `/lgtm` and `/lgtm cancel` of the line `/lgtm cancel`; `fixes #1` and `fixes acme/shop#1`.
    private(set) var found: [String] = []
    private(set) var isWhole = true
    private var seen: Set<String> = []

    init(in texts: [GitHubText], repository: String?) {
        for form in texts.flatMap(\.forms) {
            let lines = form.unicodeScalars.split { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) }
            for line in lines.map(Array.init) {
                addSlashCommand(line)
                for position in line.indices where line[position] == "@" { addOrder(line[position...]) }
            }
            addClosing(Array(form.unicodeScalars), repository: repository)
            guard isWhole else { return }
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

    private mutating func addOrder(_ text: ArraySlice<Unicode.Scalar>) {
        guard let (name, length) = GitHubMentions.name(in: text.dropFirst()) else { return }
        var rest = text.dropFirst(1 + length)
        if rest.starts(with: "[bot]".unicodeScalars) { rest = rest.dropFirst("[bot]".unicodeScalars.count) }
        let words = Self.words(of: rest.drop { !$0.isASCIIAlphanumeric && $0 != "/" && $0 != "!" })
        guard let first = words.first else { return }
        let order = String(
            String.UnicodeScalarView(first.unicodeScalars.prefix { $0.isASCIIAlphanumeric || $0 == "-" }))
        add("@\(name) \(order.isEmpty ? first : order)")
        add("@\(name) \(words.joined(separator: " "))")
    }

    /// The words of a line, without what may stand around the last.
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
            let rest = text[position...].drop { $0.properties.isWhitespace || ":*_`([".unicodeScalars.contains($0) }
            guard let (owner, number) = Self.issue(rest) else { continue }
            let place = owner ?? repository
            if let place { add("\(GitHubFields.closingVerb) \(place)#\(number)") }
            if owner == nil || owner?.lowercased() == repository?.lowercased() {
                add("\(GitHubFields.closingVerb) #\(number)")
            }
        }
    }

    /// `#1`, `GH-1`, `acme/shop#1`, or the address of an issue.
    private static func issue(_ text: ArraySlice<Unicode.Scalar>) -> (repository: String?, number: String)? {
        let word = Self.text(text.prefix(longest).prefix { !$0.properties.isWhitespace })
        if let hash = word.unicodeScalars.firstIndex(of: "#") {
            let (owner, number) = (String(word[..<hash]), digits(word[hash...].dropFirst()))
            if !number.isEmpty, !owner.contains("://") { return (owner.isEmpty ? nil : owner, number) }
        }
        if word.lowercased().hasPrefix("gh-") {
            let number = digits(word.dropFirst(3))
            return number.isEmpty ? nil : (nil, number)
        }
        let steps = word.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        // https: HOST OWNER REPOSITORY issues NUMBER
        guard word.lowercased().hasPrefix("http"), steps.count >= 6 else { return nil }
        let number = digits(steps[5][...])
        return number.isEmpty ? nil : ("\(steps[2])/\(steps[3])", number)
    }

    private static func digits(_ text: Substring) -> String { String(text.prefix { ("0"..."9").contains($0) }) }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
