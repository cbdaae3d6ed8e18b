import GuildBudgets
import GuildCitadel
import GuildDomain
import GuildLedger

/// Amounts and reasons as people give them to `guild budget`.
enum BudgetAmounts {
    /// Characters of a reason that the ledger keeps.
    static let reasonLimit = 500

    /// Tokens to grant: `4000`, `200K`, `10M`; 0 only beside money.
    static func tokens(_ text: String, isBesideMoney: Bool) throws(Failure) -> Int64 {
        guard let count = TokenCounts.parse(text) else {
            throw Failure(
                .usage, "'\(text)' is not a count of tokens", hint: "write 4000, 200K or 10M, above zero")
        }
        guard count > 0 || isBesideMoney else {
            throw Failure(.usage, "a grant of 0 tokens adds nothing", hint: "write 4000, 200K or 10M")
        }
        guard count <= BudgetDesk.grantLimit else {
            throw Failure(
                .usage, "\(Amount.grouped(count)) tokens exceed the limit of one grant",
                hint: "at most \(Amount.grouped(BudgetDesk.grantLimit)); is the K or M one too many?")
        }
        return count
    }

    /// US dollars as a decimal: `5`, `2.50`.
    ///
    /// - Returns: micro-dollars, above zero.
    static func microdollars(_ text: String) throws(Failure) -> Int64 {
        guard let amount = Decimals.scaled(text, digits: 6), amount > 0 else {
            throw Failure(
                .usage, "--cost '\(text)' is not an amount of US dollars", hint: "write 5 or 2.50, above zero")
        }
        guard amount <= BudgetDesk.grantLimit else {
            throw Failure(
                .usage, "--cost \(Money.dollars(amount)) exceeds the limit of one grant",
                hint: "at most \(Money.dollars(BudgetDesk.grantLimit))")
        }
        return amount
    }

    static func period(_ text: String) throws(Failure) -> BudgetPeriod {
        if let period = BudgetPeriod(name: text) { return period }
        let names = BudgetPeriod.allCases.map(\.name)
        throw Failure(
            .usage, "--period '\(text)' is not a period",
            hint: NearestName.of(text, in: names).map { "did you mean '\($0)'?" }
                ?? "the periods are \(names.joined(separator: ", "))")
    }

    static func reason(_ text: String) throws(Failure) -> String {
        let reason = TextTable.printable(text).split(separator: " ").joined(separator: " ")
        guard !reason.isEmpty else {
            throw Failure(.usage, "--reason is empty", hint: "give a reason for the audit log")
        }
        guard reason.count <= reasonLimit else {
            throw Failure(.usage, "--reason is longer than \(reasonLimit) characters", hint: "shorten it")
        }
        return reason
    }

    /// The target of a throttle: `0.5` and `50%` are shares of the limit, a whole number is tokens.
    static func measure(_ text: String) throws(Failure) -> Throttle.Measure {
        let wrong = Failure(
            .usage, "'\(text)' does not lower a limit",
            hint: "write a factor below 1 (0.5, 50%) or a number of tokens (0, 4000, 200K)")
        if text.hasSuffix("%") {
            guard let permille = Decimals.scaled(String(text.dropLast()), digits: 1), permille < 1000 else {
                throw wrong
            }
            return .permille(permille)
        }
        if text.contains("."), !text.hasSuffix("K"), !text.hasSuffix("M") {
            guard let permille = Decimals.scaled(text, digits: 3), permille < 1000 else { throw wrong }
            return .permille(permille)
        }
        // A bare 1 is a factor that lowers nothing sooner than a budget of one token.
        guard let tokens = TokenCounts.parse(text), tokens != 1 else { throw wrong }
        return .tokens(tokens)
    }
}
