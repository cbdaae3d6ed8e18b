import GuildDomain

/// The limits of a claim: one chapter at one priority, or none.
struct ClaimShare {
    /// The index that serves the condition.
    var index: String
    var condition: String
    var arguments: [(any Storable)?]
    var priority: Int?
    var chapter = ""

    static var all: ClaimShare { ClaimShare(index: "invocations_queue", condition: "", arguments: []) }
}
