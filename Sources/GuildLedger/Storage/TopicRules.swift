/// Which topics a statement touches, by the table and the columns that it writes: nobody has to remember a list.
///
/// A claim sets a lease and no `available_at`, so it wakes nobody to look for work that it has just taken.
enum TopicRules {
    /// A kind of write, and the topics that follow from it.
    struct Rule: Sendable {
        let kinds: Set<SQLWrite.Kind>
        /// For an update: it counts if it sets one of these. Empty: any.
        var columns: Set<String> = []
        let topics: TopicSet
    }

    /// By table.
    static let rules: [String: [Rule]] = [
        "audit": [Rule(kinds: [.insert], topics: .audit)],
        "messages": [
            Rule(kinds: [.insert, .update], topics: .inbound),
            // An update may take one out of the queue.
            Rule(kinds: [.update, .delete], topics: .outcomes),
        ],
        "invocations": [
            Rule(kinds: [.insert], topics: [.invocations, .outcomes]),
            Rule(
                kinds: [.update], columns: ["available_at", "affinity", "ended_at"], topics: [.invocations, .outcomes]),
            Rule(kinds: [.update], columns: ["cancel_requested"], topics: [.cancellations, .invocations, .outcomes]),
        ],
        "actions": [
            Rule(kinds: [.insert], topics: [.actions, .outcomes]),
            Rule(kinds: [.update], columns: ["available_at", "affinity", "ended_at"], topics: [.actions, .outcomes]),
        ],
        "turns": [Rule(kinds: [.update], topics: .outcomes)],
        "debounces": [Rule(kinds: [.delete], topics: .outcomes)],
        "pending_decisions": [Rule(kinds: [.delete], topics: .outcomes)],
        "dropped_letters": [Rule(kinds: [.insert], topics: .outcomes)],
        // The money and tokens left decide which runs may start and which firings are caught up.
        "accounts": [
            Rule(kinds: [.update], columns: ["limits", "level", "adjusted_until"], topics: [.invocations, .schedules])
        ],
        "budget_rules": [Rule(kinds: [.insert], topics: [.invocations, .schedules])],
        "grants": [Rule(kinds: [.insert], topics: [.invocations, .schedules, .outcomes])],
        "throttles": [Rule(kinds: [.insert, .update], topics: [.invocations, .schedules, .outcomes])],
        "agent_pauses": [Rule(kinds: [.insert, .update, .delete], topics: [.invocations, .outcomes])],
        "schedule_pauses": [Rule(kinds: [.insert, .update], topics: .schedules)],
        "secret_pairs": [Rule(kinds: [.insert, .update], topics: .invocations)],
        "codex_heads": [Rule(kinds: [.insert], topics: [.codex, .invocations, .schedules, .outcomes])],
    ]

    /// - Parameter sql: one statement.
    static func topics(of sql: String) -> TopicSet {
        guard let write = SQLWrite(sql), let rules = rules[write.table] else { return [] }
        return rules.reduce(into: []) { topics, rule in
            guard rule.kinds.contains(write.kind) else { return }
            let counts =
                write.kind != .update || rule.columns.isEmpty || !rule.columns.isDisjoint(with: write.columns)
            if counts { topics.formUnion(rule.topics) }
        }
    }
}

/// The table and columns that a statement writes, by its text.
struct SQLWrite: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case insert, update, delete }

    let kind: Kind
    let table: String
    /// Those that an UPDATE sets; empty for others.
    var columns: Set<String> = []

    /// - Returns: nil for a statement that writes no row.
    init?(_ sql: String) {
        // Most statements read, and every one is looked at when it is prepared.
        guard !sql.hasPrefix("SELECT") else { return nil }
        let words = Self.words(of: sql)
        switch words.first?.uppercased() {
        case "INSERT":
            guard let into = words.firstIndex(where: { $0.uppercased() == "INTO" }), words.count > into + 1
            else { return nil }
            kind = .insert
            table = words[into + 1]
        case "DELETE":
            guard words.count > 2 else { return nil }
            kind = .delete
            table = words[2]
        case "UPDATE":
            guard words.count > 1 else { return nil }
            kind = .update
            table = words[1]
            columns = Self.columns(set: words)
        default: return nil
        }
    }

    /// The columns of the SET list: a word that `=` follows, outside parentheses and before WHERE.
    private static func columns(set words: [String]) -> Set<String> {
        var found: Set<String> = []
        var depth = 0
        var isInList = false
        for (index, word) in words.enumerated() {
            switch word.uppercased() {
            case "SET" where !isInList: isInList = true
            case "WHERE" where depth == 0, "RETURNING" where depth == 0: return found
            case "(": depth += 1
            case ")": depth -= 1
            case "=" where isInList && depth == 0 && index > 1 && [",", "SET"].contains(words[index - 2].uppercased()):
                found.insert(words[index - 1])
            default: break
            }
        }
        return found
    }

    /// Names, and each other character alone; texts in quotes are left out.
    private static func words(of sql: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in sql {
            if character == "'" { isQuoted.toggle() }
            if !isQuoted, character.isLetter || character.isNumber || character == "_" {
                word.append(character)
                continue
            }
            if !word.isEmpty { words.append(word) }
            word = ""
            if !isQuoted, !character.isWhitespace, character != "'" { words.append(String(character)) }
        }
        return word.isEmpty ? words : words + [word]
    }
}
