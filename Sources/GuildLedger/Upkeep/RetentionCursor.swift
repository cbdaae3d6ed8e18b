import GuildDomain

/// Where the search for old events continues.
struct RetentionCursor: Sendable {
    let receivedAt: Timestamp
    let seq: Int64

    static let start = RetentionCursor(receivedAt: Timestamp(microseconds: .min), seq: .min)
}
