package import GuildDomain

/// What a commit sets that outlives a run: limits, the rules they are counted by, and whom alerts are told to.
package struct HeadLimits: Sendable {
    package let limits: [AccountLimit]
    package let rules: BudgetRules
    package let recipients: [String: [String]]

    package init(limits: [AccountLimit], rules: BudgetRules, recipients: [String: [String]]) {
        self.limits = limits
        self.rules = rules
        self.recipients = recipients
    }
}

extension Ledger {
    /// Whether `guild serve` ever accepted a commit here: then only it says what is accepted.
    package func isServed() async throws -> Bool { try await read { try $0.isServed() } }

    /// Accepts the commit of a single run, with its limits, unless somebody accepted another since it was looked at.
    ///
    /// - Parameter accepted: the head that the run knows of.
    /// - Returns: whether it is accepted now.
    package func acceptRun(
        _ commit: String, after accepted: String?, setting head: HeadLimits, actor: String, now: Timestamp
    ) async throws -> Bool {
        try await write(touching: [.invocations, .schedules, .outcomes]) { db in
            let current = try db.acceptedHead()
            guard try !db.isServed(), current == accepted || current == commit else { return false }
            try db.recordHead(commit: commit, accepted: true, problems: [], actor: actor, isServing: false, now: now)
            try db.replaceAlertRecipients(head.recipients)
            try db.noteLimits(head.limits, rules: head.rules, now: now)
            return true
        }
    }
}

extension LedgerTransaction {
    func isServed() throws -> Bool {
        try holds("SELECT EXISTS (SELECT 1 FROM codex_heads WHERE serving = 1)")
    }
}
