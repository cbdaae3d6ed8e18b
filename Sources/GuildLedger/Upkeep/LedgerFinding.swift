import GuildDomain

/// The result of one part of `guild ledger check`.
package struct LedgerFinding: Sendable, Hashable {
    /// A part of the check.
    package enum Part: String, Sendable, CaseIterable {
        /// SQLite's own look at every page and index.
        case integrity
        /// Tables, indices and triggers, against those that the migrations make.
        case schema
        /// Rows that name rows that are not there.
        case foreignKeys = "foreign keys"
        /// The rows of events, decisions, invocations, actions and accounts, each read as commands read it.
        case rows
        /// The chain, recomputed from its first entry.
        case audit
        /// The accounts, recomputed from their entries.
        case books
        /// The files of large bodies, against the rows that name them.
        case bodies
    }

    /// The result of a part.
    package enum Status: String, Sendable, CaseIterable {
        case ok
        /// Nothing is lost: a crash or an erasure leaves such things, and housekeeping takes them away.
        case note
        case failed
    }

    package let part: Part
    package let status: Status
    /// The checked scope: `1,024 entries, head 5f…`.
    package let summary: String
    /// The first ones.
    package let problems: [String]
    /// How many more there are.
    package let more: Int

    init(_ part: Part, _ summary: String, problems: [String], isHarmless: Bool = false) {
        self.init(part, summary, ProblemList(problems), isHarmless: isHarmless)
    }

    init(_ part: Part, _ summary: String, _ problems: ProblemList, isHarmless: Bool = false) {
        self.part = part
        self.summary = summary
        self.problems = problems.listed
        more = problems.more
        status = problems.isEmpty ? .ok : isHarmless ? .note : .failed
    }
}
