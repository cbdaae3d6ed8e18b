import ArgumentParser
import GuildBudgets
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
        let isWriting = all || !pairs.isEmpty
        let context = try options.context(for: isWriting ? .writing : .reading)
        defer { context.close() }
        // Listing reports a missing ledger; a write creates one.
        let found = try context.ledger(orElse: isWriting ? .quiet : .said)
        let snapshots = try await snapshots(context, mayLack: found != nil && (revoke || !isWriting))
        let known = try await SecretDesk.entries(of: Set(snapshots.flatMap(\.secretPairs)), in: found?.secrets)
        guard isWriting else {
            return try output.renderer.print(SecretsResult(entries: known, knowsCodex: !snapshots.isEmpty))
        }
        let wanted =
            try all
            ? known.filter { $0.isInUse && $0.state == .waiting }
            : pairs.map { try SecretDesk.find($0, among: known) }
        guard !wanted.isEmpty else {
            return try output.renderer.print(SecretsResult(entries: [], said: "nothing changed"))
        }
        let pairs = wanted.map(\.pair)
        if let found { return try await set(pairs, in: found.secrets, snapshots, context) }
        try await context.withMadeLedger { try await set(pairs, in: $0.secrets, snapshots, context) }
    }

    private func set(
        _ pairs: [SecretPair], in secrets: SecretLedger, _ snapshots: [CodexSnapshot], _ context: CommandContext
    ) async throws {
        let desk = SecretDesk(secrets: secrets, snapshots: snapshots, actor: context.actor, time: context.time)
        let changed = Set(try await desk.set(pairs, to: revoke ? .revoked : .trusted))
        try output.renderer.print(
            SecretsResult(
                entries: try await desk.entries().filter { changed.contains($0.pair) },
                said: changed.isEmpty ? "nothing changed" : nil, knowsCodex: !snapshots.isEmpty))
    }

    /// The commits whose secrets are meant: that in force, and that of the settings, if it can be used.
    ///
    /// - Parameter mayLack: whether the ledger alone will do, if neither can be used.
    private func snapshots(_ context: CommandContext, mayLack: Bool) async throws -> [CodexSnapshot] {
        switch try await context.obeyedIfReadable() {
        case .success(let obeyed): return [obeyed.snapshot] + [obeyed.draft].compactMap(\.self)
        case .failure(let problem):
            guard mayLack else { throw problem }
            context.tellNoCodex(problem, using: "only the secrets of the ledger are known")
            return []
        }
    }
}

struct SecretsResult: ListResult {
    struct Row: Encodable, Sendable {
        let id: String
        let reference: String
        let use: String
        let address: String
        let state: String
        /// Whether the codex has it; nil if no codex can be read.
        let inUse: Bool?
        let since: Timestamp?
        let actor: String?
        let commit: String?
    }

    let rows: [Row]
    let emptyText: String

    /// - Parameter knowsCodex: false if the entries are the ledger's, because no codex can be read.
    init(entries: [SecretDesk.Entry], said: String? = nil, knowsCodex: Bool = true) {
        rows = entries.map { entry in
            Row(
                id: entry.pair.id, reference: entry.pair.reference, use: entry.pair.use.kind.rawValue,
                address: entry.pair.use.address, state: entry.state.rawValue,
                inUse: knowsCodex ? entry.isInUse : nil,
                since: entry.standing?.since, actor: entry.standing?.actor, commit: entry.standing?.commit)
        }
        emptyText = said ?? (knowsCodex ? "the codex names no secret" : "the ledger knows no secret")
    }

    var columns: [Column<Row>] {
        [
            .text("ID", \.id), .text("STATE") { $0.state + ($0.inUse == false ? ", not in the codex" : "") },
            .text("SECRET", \.reference), .text("USE", \.use), .text("ADDRESS", \.address), .time("SINCE", \.since),
            .optional("BY", \.actor),
        ]
    }
}
