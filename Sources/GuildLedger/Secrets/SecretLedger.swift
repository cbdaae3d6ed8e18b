package import GuildDomain

/// Which pairs of secret and host are trusted.
package struct SecretLedger: Sendable {
    let ledger: Ledger

    /// The state of the secret and its use; nil if no accepted commit has brought it yet.
    package func state(of pair: SecretPair) async throws -> SecretStanding.State? {
        try await ledger.read { try $0.secrets.standing(of: pair) }
    }

    /// Everything that is known, in the order of the references.
    package func standings() async throws -> [SecretStanding] {
        try await ledger.read { try $0.secrets.standings() }
    }

    /// Registers the secrets of an accepted commit: trusts them in the name of `trustee`, and lets new ones wait.
    /// Revoked ones stay revoked.
    ///
    /// - Returns: the newly trusted ones, and those that may not be used.
    @discardableResult
    package func meet(
        _ pairs: [SecretPair], of commit: String, on trustee: SecretTrustee, actor: String,
        now: Timestamp
    ) async throws -> (trusted: [SecretPair], left: [SecretPair]) {
        let standing = try await ledger.read { db in
            (
                known: try pairs.map { try db.secrets.standing(of: $0) },
                isBegun: try db.secrets.isTrustBegun(by: trustee)
            )
        }
        // Each restart registers them again: that is not a reason to write.
        if standing.isBegun, !standing.known.contains(nil),
            trustee != .codex || !standing.known.contains(.waiting)
        {
            return ([], zip(pairs, standing.known).filter { $0.1 != .trusted }.map(\.0))
        }
        return try await ledger.write { db in
            // A row that cannot be read may be the revocation of any of them.
            let isTrusting =
                try db.secrets.isWhole() && (trustee == .codex || !db.secrets.isTrustBegun(by: trustee))
            if trustee == .serve || trustee == .run, isTrusting {
                try db.run(
                    "INSERT INTO secret_trust (begun_by, at, commit_id) VALUES (?, ?, ?)",
                    [trustee.rawValue, now, commit])
            }
            var trusted: [SecretPair] = []
            var left: [SecretPair] = []
            for pair in pairs {
                switch try db.secrets.standing(of: pair) {
                case .trusted: continue
                case .revoked: left.append(pair)
                case .waiting, nil:
                    try db.secrets.set(pair, isTrusting ? .trusted : .waiting, actor: actor, commit: commit, now: now)
                    if isTrusting { trusted.append(pair) } else { left.append(pair) }
                }
            }
            if !trusted.isEmpty {
                try db.secrets.auditTrust("trusted", trusted, actor: actor, commit: commit, now: now)
            }
            return (trusted, left)
        }
    }

    /// A person trusts the given uses of secrets, or revokes them.
    ///
    /// - Returns: those that changed.
    package func setTrust(
        _ pairs: [SecretPair], to state: SecretStanding.State, commit: String?, actor: String,
        now: Timestamp
    ) async throws -> [SecretPair] {
        try await ledger.write { db in
            let changed = try pairs.filter { try !db.secrets.has($0, state) }
            for pair in changed { try db.secrets.set(pair, state, actor: actor, commit: commit, now: now) }
            if !changed.isEmpty {
                try db.secrets.auditTrust(state.rawValue, changed, actor: actor, commit: commit, now: now)
            }
            return changed
        }
    }

    /// Secrets that are listed at most.
    fileprivate static let standingLimit = 10_000
}

extension SecretStatements {
    func standings() throws -> [SecretStanding] {
        try db.list(
            "SELECT * FROM secret_pairs ORDER BY reference, use, address LIMIT \(SecretLedger.standingLimit)"
        ) { row in
            let kind: SecretUse.Kind = try row["use"]
            let address: String = try row["address"]
            return try SecretStanding(
                pair: SecretPair(reference: row["reference"], use: SecretUse(kind, else: address)), state: state(row),
                since: row["since"], actor: row["actor"], commit: row["commit_id"])
        }
    }

    fileprivate func standing(of pair: SecretPair) throws -> SecretStanding.State? {
        try db.first(
            "SELECT reference, state FROM secret_pairs WHERE reference = ? AND use = ? AND address = ?",
            [pair.reference, pair.use.kind.rawValue, pair.use.address], read: state)
    }

    /// A state that cannot be read counts as revoked: only a person's decision makes such a secret trusted again.
    private func state(_ row: LedgerRow) throws -> SecretStanding.State {
        do {
            return try row["state"]
        } catch let fault as RowFault {
            db.leaveOut(fault.naming(row))
            return .revoked
        }
    }

    /// Whether every row can be read.
    fileprivate func isWhole() throws -> Bool {
        let count = try db.value("SELECT count(*) FROM secret_pairs", as: Int.self) ?? 0
        return try count > SecretLedger.standingLimit || standings().count == count
    }

    fileprivate func has(_ pair: SecretPair, _ state: SecretStanding.State) throws -> Bool {
        try db.holds(
            "SELECT EXISTS (SELECT 1 FROM secret_pairs WHERE reference = ? AND use = ? AND address = ? AND state = ?)",
            [pair.reference, pair.use.kind.rawValue, pair.use.address, state.rawValue])
    }

    /// Whether the first head that `trustee` vouches for was there already. A person at a terminal vouches for nothing
    /// once anybody has begun.
    fileprivate func isTrustBegun(by trustee: SecretTrustee) throws -> Bool {
        switch trustee {
        case .codex, .nobody: true
        // Of a damaged row it is not known whose it was.
        case .serve:
            try db.holds("SELECT EXISTS (SELECT 1 FROM secret_trust WHERE begun_by <> 'run')")
        case .run: try db.holds("SELECT EXISTS (SELECT 1 FROM secret_trust)")
        }
    }

    fileprivate func set(
        _ pair: SecretPair, _ state: SecretStanding.State, actor: String, commit: String?,
        now: Timestamp
    ) throws {
        try db.run(
            """
            INSERT INTO secret_pairs (reference, use, address, state, since, actor, commit_id)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (reference, use, address) DO UPDATE SET
                state = excluded.state, since = excluded.since, actor = excluded.actor,
                commit_id = coalesce(excluded.commit_id, secret_pairs.commit_id)
            """,
            [
                pair.reference, pair.use.kind.rawValue, pair.use.address, state.rawValue, now, actor,
                commit,
            ])
    }

    fileprivate func auditTrust(
        _ what: String, _ pairs: [SecretPair], actor: String, commit: String?, now: Timestamp
    ) throws {
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: .trustChanged, subject: "secrets \(what)", commit: commit,
                body: ["pairs": .array(pairs.map { .string($0.description) })]))
    }
}
