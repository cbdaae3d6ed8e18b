import GuildDomain

/// Asks the person at the terminal which secret may go where.
enum TrustPrompt {
    /// - Returns: whether all of them may; no answer is a no.
    static func ask(_ pairs: [SecretPair]) -> Bool {
        let lines = pairs.map { "  " + TextTable.printable($0.description) }.joined(separator: "\n")
        let question = "A commit of the codex wants to use what nobody has trusted yet:\n\(lines)\nTrust it? [y/N] "
        Terminal.write(question, to: .error)
        let answer = readLine()?.lowercased()
        return answer == "y" || answer == "yes"
    }
}
