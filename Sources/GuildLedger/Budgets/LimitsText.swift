import GuildDomain

/// The limits of one account in stored form: JSON, and a digest for comparison.
enum LimitsText {
    static let emptyDigest: Int64 = 0

    /// FNV-1a over the figures; 0 if nothing is limited.
    static func digest(of limits: [AccountLimit]) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ value: Int64) {
            hash = (hash ^ UInt64(bitPattern: value)) &* 0x0000_0100_0000_01b3
            hash ^= hash >> 29
        }
        var isEmpty = true
        for limit in limits where limit.isLimit {
            isEmpty = false
            mix(Int64(BudgetPeriod.allCases.firstIndex(of: limit.period) ?? 0))
            mix(limit.tokens ?? -1)
            mix(limit.cost ?? -1)
            mix(limit.kept)
        }
        return isEmpty ? emptyDigest : max(1, Int64(bitPattern: hash >> 1))
    }

    static func json(of limits: [AccountLimit]) -> JSONValue {
        .array(
            limits.filter(\.isLimit).map { limit in
                [
                    "period": .string(limit.period.rawValue),
                    "tokens": limit.tokens.map { .integer($0) } ?? .null,
                    "cost": limit.cost.map { .integer($0) } ?? .null, "kept": .integer(limit.kept),
                    "setting": .string(limit.setting),
                ]
            })
    }

    static func text(of limits: [AccountLimit]) -> String { json(of: limits).text() }

    /// - Returns: at least one element, which may limit nothing.
    /// - Throws: `RowFault` for what `text(of:)` has not written, or not for that digest: a call compares the digest, and
    ///   a waiting run the text.
    static func limits(_ text: String?, of account: String, digest: Int64) throws -> [AccountLimit] {
        let limits = try limits(text, of: account)
        guard self.digest(of: limits) == digest else {
            throw RowFault(
                column: "limits", found: "limits of another digest", sql: "SELECT limits FROM accounts")
        }
        return limits
    }

    static func limits(_ text: String?, of account: String) throws -> [AccountLimit] {
        guard let text else { return [AccountLimit(counting: account)] }
        let fault = RowFault(
            column: "limits", found: "other than limits for \(account)", sql: "SELECT limits FROM accounts")
        // The reason does not matter to the reader.
        guard let values = (try? JSONParser.parse(text))?.array else { throw fault }
        let limits = try values.map { value in
            guard let period = value["period"]?.string.flatMap(BudgetPeriod.init(rawValue:)) else { throw fault }
            return AccountLimit(
                account: account, period: period, tokens: value["tokens"]?.integer, cost: value["cost"]?.integer,
                kept: value["kept"]?.integer ?? 0, setting: value["setting"]?.string ?? "")
        }
        return limits.isEmpty ? [AccountLimit(counting: account)] : limits
    }
}
