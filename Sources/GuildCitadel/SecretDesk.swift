package import GuildCodex
package import GuildDomain
package import GuildLedger

/// Lets an operator decide which secret may go where.
package struct SecretDesk: Sendable {
    /// A secret with its state of trust.
    package struct Entry: Sendable, Hashable {
        /// The secret with its use.
        package let pair: SecretPair
        /// Nil if no commit that was accepted has brought it yet.
        package let standing: SecretStanding?
        /// Whether the codex has it now.
        package let isInUse: Bool

        package init(pair: SecretPair, standing: SecretStanding?, isInUse: Bool) {
            self.pair = pair
            self.standing = standing
            self.isInUse = isInUse
        }

        /// The state of trust; waiting if nobody has decided.
        package var state: SecretStanding.State { standing?.state ?? .waiting }
    }

    private let secrets: SecretLedger
    private let snapshots: [CodexSnapshot]
    /// `user:NAME`.
    private let actor: String
    private let time: any TimeSource

    /// - Parameter snapshots: the accepted head, and the settings' commit.
    package init(secrets: SecretLedger, snapshots: [CodexSnapshot], actor: String, time: any TimeSource) {
        self.secrets = secrets
        self.snapshots = snapshots
        self.actor = actor
        self.time = time
    }

    /// Every secret of the codex, and every other that anything was said of.
    package func entries() async throws -> [Entry] {
        try await Self.entries(of: Set(snapshots.flatMap(\.secretPairs)), in: secrets)
    }

    /// - Parameter ledger: nil if there is no ledger yet.
    package static func entries(of used: Set<SecretPair>, in ledger: SecretLedger?) async throws -> [Entry] {
        let standings = try await ledger?.standings() ?? []
        let known = Set(standings.map(\.pair))
        let entries =
            standings.map { Entry(pair: $0.pair, standing: $0, isInUse: used.contains($0.pair)) }
            + used.subtracting(known).map { Entry(pair: $0, standing: nil, isInUse: true) }
        return entries.sorted { $0.pair.description < $1.pair.description }
    }

    /// - Parameter name: a pair's id or its beginning, or a reference that only one pair has.
    package static func find(_ name: String, among entries: [Entry]) throws -> Entry {
        let wanted = name.lowercased()
        let found = entries.filter { $0.pair.id.hasPrefix(wanted) || $0.pair.reference == name }
        if found.count == 1, let entry = found.first { return entry }
        guard found.isEmpty else {
            throw Failure(
                .usage,
                "'\(name)' matches \(found.count) pairs: "
                    + found.map { "\($0.pair.id) (\($0.pair))" }.joined(separator: ", "),
                hint: "give the id of one of them")
        }
        throw Failure(
            .usage, "there is no secret '\(name)' in the codex or the ledger",
            hint: "`guild registry trust` lists them with their ids")
    }

    /// Trusts secrets, or takes trust back.
    ///
    /// - Returns: those for which that is a change.
    package func set(_ pairs: [SecretPair], to state: SecretStanding.State) async throws
        -> [SecretPair]
    {
        try await secrets.setTrust(
            pairs, to: state, commit: snapshots.first?.commit, actor: actor, now: time.now)
    }
}

extension CommandContext {
    /// The secrets of a commit that the ledger does not trust. None if there is no ledger, because then nothing is
    /// trusted yet and the first head will be.
    package func waitingSecrets(of snapshot: CodexSnapshot) async throws -> [SecretDesk.Entry] {
        guard let ledger = try ledger(orElse: .quiet) else { return [] }
        return try await SecretDesk.entries(of: Set(snapshot.secretPairs), in: ledger.secrets).filter {
            $0.isInUse && $0.state != .trusted
        }
    }
}
