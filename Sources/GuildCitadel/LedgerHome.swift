package import GuildDomain
package import GuildLedger

/// Which ledger belongs to a codex, as far as this host knows.
///
///     its id (guild.id) ─▶ record in the state folder ─▶ own
///     no id, known place ─────────────────────────────▶ own
///     a ledger where 0.1.0 kept it, by path ──────────▶ earlier: adopted by the first that writes
///     a record of equal roots and folder ─────────────▶ alike: read by who reads, and refused to who writes
///     nothing ────────────────────────────────────────▶ unknown: made by the first that writes
///
/// Where roots are not known (a shallow clone), an equal organisation takes their place. An id that another folder which is there has too says that one of the two is a copy: then it is `alike` as well.
package struct LedgerHome: Sendable {
    /// How the ledger relates to the codex.
    package enum Standing: Sendable, Equatable {
        /// By `--ledger` or `GUILD_LEDGER`: whose it is counts for nothing.
        case named
        case own
        case earlier
        /// Why it is not this codex's own: the folder that this one is a copy of, if that is it.
        case alike(copyOf: String?)
        case unknown
    }

    /// How the ledger relates to the codex.
    package let standing: Standing
    /// One unless several ledgers are alike; of an unknown one if it would be, which no codex's id is known for yet.
    package let locations: [LedgerLocation]
    /// The repository, as messages call it.
    package let codex: String
    /// The places that were searched.
    package let looked: [String]

    /// The ledger, if there is exactly one.
    package var location: LedgerLocation? { locations.count == 1 ? locations.first : nil }

    /// The remark to print before reading a ledger that is not the codex's own; nil otherwise.
    package var remark: String? {
        guard case .alike(let original) = standing else { return nil }
        guard let location else { return refusal.oneLine }
        return "\(about(original)); the following comes from \(location.path) "
            + "(`guild ledger use \(location.path)` selects it for this one, `guild ledger use --new` creates another)"
    }

    /// Why nothing is written to a ledger that is only alike.
    package var refusal: Failure {
        guard case .alike(let original) = standing else { return missing }
        let known = locations.map(\.path)
        guard known.count == 1, let path = known.first else {
            return Failure(
                .usage,
                "\(codex): this codex has no ledger of its own, and there are several candidates: "
                    + known.joined(separator: ", "),
                hint: "`guild ledger use PATH` selects one of them, `guild ledger use --new` creates another")
        }
        return Failure(
            .usage, "\(about(original)), whose ledger is \(path)",
            hint: "`guild ledger use \(path)` selects it here too, `guild ledger use --new` creates another")
    }

    /// Why there is nothing to show.
    package var missing: Failure {
        let places = looked.joined(separator: ", then for ")
        return Failure(
            .unavailable, "\(codex): this codex has no ledger yet; looked for \(places)",
            hint: "a run or `guild serve` creates it; `guild ledger use PATH` selects one elsewhere, --ledger "
                + "sqlite:PATH for one command")
    }

    private func about(_ original: String?) -> String {
        guard let original else {
            return
                "\(codex): this codex has no ledger, but may be a copy of one that has: with the same history, or with "
                + "the same organisation if the history is unknown"
        }
        return "\(codex): this is a copy of \(original), with its id"
    }
}
