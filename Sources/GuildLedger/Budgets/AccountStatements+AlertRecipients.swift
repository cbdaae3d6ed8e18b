package import GuildDomain

extension BudgetLedger {
    /// The alerts in force, the highest first; at most `AlertInForce.alertLimit`.
    package func alertsInForce(now: Timestamp) async throws -> [AlertInForce] {
        try await ledger.read { db in
            try db.accounts.alertLevels(now: now).levels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .prefix(AlertInForce.alertLimit).map { account, level in
                    AlertInForce(
                        account: account, level: level, recipients: try db.accounts.alertRecipients(of: account))
                }
        }
    }
}

extension AccountStatements {
    /// Recipients that one account has at most: further chapters' masters are not told of the organisation's alert.
    private static let recipientLimit = 1000

    func alertRecipients(of account: String) throws -> [String] {
        let recipients = try db.listed(
            "SELECT recipient FROM alert_recipients WHERE account = ? ORDER BY position", [account], as: String.self)
        return recipients.isEmpty ? [account] : recipients
    }

    /// Replaces the recipients of an earlier commit.
    func replaceAlertRecipients(_ recipients: [String: [String]]) throws {
        let wanted = recipients.filter { !$0.value.isEmpty }.mapValues { Array($0.prefix(Self.recipientLimit)) }
        var known: [String: [String]] = [:]
        let rows = try db.list("SELECT account, recipient FROM alert_recipients ORDER BY account, position") { row in
            try (account: row[0] as String, recipient: row[1] as String)
        }
        for row in rows { known[row.account, default: []].append(row.recipient) }
        for account in Set(known.keys).union(wanted.keys) where known[account] != wanted[account] {
            try db.run("DELETE FROM alert_recipients WHERE account = ?", [account])
            for (position, recipient) in (wanted[account] ?? []).enumerated() {
                try db.run(
                    "INSERT INTO alert_recipients (account, position, recipient) VALUES (?, ?, ?)",
                    [account, position, recipient])
            }
        }
    }
}
