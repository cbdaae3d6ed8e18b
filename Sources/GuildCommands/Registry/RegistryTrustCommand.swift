import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

struct RegistryTrustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Decides which secret may go where (audited).",
        discussion: """
            guild uses a secret that a commit names only for purposes that an operator trusts. Trust is given to a \
            pair: the reference, and where it is sent or what is compared with it. The first head that `guild serve` \
            accepts (or `guild run` on a terminal) is trusted; pairs that a later commit adds wait here. If you \
            protect the branch instead, start `guild serve` and `guild run` with --trust-codex.

            EXAMPLES
              guild registry trust                 lists what waits and what is trusted
              guild registry trust 7d0k3m          trusts one pair, by its id or a prefix of it
              guild registry trust --all           trusts everything that waits in the codex
              guild registry trust --revoke 7d0k3m
            """)

    @Argument(
        help: ArgumentHelp("Ids, or references that only one pair has; default: list all.", valueName: "pair"))
    var pairs: [String] = []

    @Flag(help: "Trust everything that waits in the codex.")
    var all = false

    @Flag(help: "Revoke trust.")
    var revoke = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if all, !pairs.isEmpty { throw ValidationError("name pairs, or give --all") }
        if revoke, pairs.isEmpty { throw ValidationError("name the pairs to revoke") }
    }

    func run() async throws {
        let settings = options.settings()
        let isWriting = all || !pairs.isEmpty
        let (found, snapshots) = try await opened(settings, isWriting: isWriting)
        defer { found?.close() }
        let known = try await SecretDesk.entries(of: Set(snapshots.flatMap(\.secretPairs)), in: found)
        guard isWriting else { return try output.renderer.print(SecretsResult(entries: known)) }
        let wanted =
            try all
            ? known.filter { $0.isInUse && $0.state == .waiting }
            : pairs.map { try SecretDesk.find($0, among: known) }
        guard !wanted.isEmpty else {
            return try output.renderer.print(SecretsResult(entries: [], said: "nothing changed"))
        }
        // A ledger is made only for what is written.
        let ledger = try found ?? settings.openLedger(try Inspection.location(settings, for: .writing))
        defer { if found == nil { ledger.close() } }
        let desk = SecretDesk(
            ledger: ledger, snapshots: snapshots, actor: "user:\(UserName.current)", time: settings.time)
        let changed = Set(try await desk.set(wanted.map(\.pair), to: revoke ? .revoked : .trusted))
        try output.renderer.print(
            SecretsResult(
                entries: try await desk.entries().filter { changed.contains($0.pair) },
                said: changed.isEmpty ? "nothing changed" : nil))
    }

    /// The ledger, nil if there is none yet, and the commits whose secrets are meant.
    private func opened(_ settings: Settings, isWriting: Bool) async throws -> (Ledger?, [CodexSnapshot]) {
        let inspection = try Inspection(settings, for: isWriting ? .writing : .reading)
        defer { inspection.close() }
        let accepted = try await inspection.acceptedSnapshot()
        let asked = try inspection.codex().load().snapshot
        let snapshots = [accepted] + [asked].compactMap(\.self).filter { $0.commit != accepted.commit }
        // What is listed says where there is no ledger; what is written begins one.
        let isThere = isWriting ? inspection.location.exists : try inspection.ledger(orElse: .said) != nil
        guard isThere else { return (nil, snapshots) }
        return (try settings.openLedger(inspection.location), snapshots)
    }
}

struct SecretsResult: TabularResult {
    let entries: [SecretDesk.Entry]
    var said: String?

    var emptyText: String { said ?? "the codex names no secret" }

    var json: JSONValue {
        .array(
            entries.map { entry in
                [
                    "id": .string(entry.pair.id), "reference": .string(entry.pair.reference),
                    "use": .string(entry.pair.use.kind.rawValue), "address": .string(entry.pair.use.address),
                    "state": .string(entry.state.rawValue), "in_use": .bool(entry.isInUse),
                    "since": .optional(entry.standing?.since.rfc3339),
                    "actor": .optional(entry.standing?.actor),
                    "commit": .optional(entry.standing?.commit),
                ]
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["ID", "STATE", "SECRET", "USE", "ADDRESS", "SINCE", "BY"],
            entries.map { entry in
                [
                    entry.pair.id, entry.state.rawValue + (entry.isInUse ? "" : ", not in the codex"),
                    entry.pair.reference, entry.pair.use.kind.rawValue, entry.pair.use.address,
                    cells.time(entry.standing?.since), cells.text(entry.standing?.actor),
                ]
            })
    }
}
