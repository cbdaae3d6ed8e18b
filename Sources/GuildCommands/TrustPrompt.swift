import GuildDomain

/// Asks the person at the terminal which secret may go where.
enum TrustPrompt {
    /// - Returns: whether all of them may; no answer means no.
    /// - Throws: `Failure` if the answer was Ctrl-C.
    static func ask(_ pairs: [SecretPair], until interruption: Interruption) throws -> Bool {
        let lines = pairs.map { "  " + TextTable.printable($0.description) }.joined(separator: "\n")
        let question = "A commit of the codex uses secrets that nobody has trusted yet:\n\(lines)\nTrust it? [y/N] "
        let answer = Question.ask(question, until: interruption)
        if answer == .interrupted { throw Failure(.interrupted, "interrupted; nothing was trusted") }
        return answer == .yes
    }
}
