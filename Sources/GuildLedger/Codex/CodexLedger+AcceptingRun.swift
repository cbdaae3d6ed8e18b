package import GuildDomain

extension CodexLedger {
    /// Whether `guild serve` ever accepted a commit here: then only it decides what is accepted.
    package func isServed() async throws -> Bool { try await ledger.read { try $0.codex.isServed() } }

    /// Accepts the commit of a single run, with its limits, unless somebody accepted another since it was looked at.
    ///
    /// - Parameter accepted: the head that the run knows of.
    /// - Returns: whether it is accepted now.
    package func acceptRun(
        _ commit: String, after accepted: String?, setting head: HeadLimits, actor: String, now: Timestamp
    ) async throws -> Bool {
        try await ledger.write { db in
            let current = try db.codex.acceptedHead()
            guard try !db.codex.isServed(), current == accepted || current == commit else { return false }
            try db.codex.recordHead(
                commit: commit, accepted: true, problems: [], actor: actor, isServing: false, now: now)
            try db.accounts.replaceAlertRecipients(head.recipients)
            try db.accounts.noteLimits(head.limits, rules: head.rules, now: now)
            return true
        }
    }
}

extension CodexStatements {
    func isServed() throws -> Bool {
        try db.holds("SELECT EXISTS (SELECT 1 FROM codex_heads WHERE serving = 1)")
    }
}
