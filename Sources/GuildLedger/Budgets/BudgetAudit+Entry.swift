import GuildDomain

extension BudgetAudit {
    /// Sixteen bytes that name a row: one of our own for each, so that hashing it needs no generic code.
    struct RowID: Hashable, Storable, StoredDecodable {
        private let high: UInt64
        private let low: UInt64

        init?(stored source: any RowSource, column: Int32) {
            guard source.kind(column) == .blob else { return nil }
            let words = source.bytes(column) { bytes -> (high: UInt64, low: UInt64)? in
                guard bytes.count == 16 else { return nil }
                return (
                    UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            guard let words else { return nil }
            high = words.high
            low = words.low
        }

        var stored: StoredValue { ReservationID(high: high, low: low).stored }
    }

    /// One entry of the accounts. Millions of them are read, so it contains nothing that has to be allocated.
    struct Entry {
        enum Kind: StoredDecodable {
            case reserve, settle, release

            init?(stored source: any RowSource, column: Int32) {
                // Their third letters differ; the schema allows no fourth word.
                switch source.bytes(column, { $0.count > 2 ? $0[2] : 0 }) {
                case UInt8(ascii: "s"): self = .reserve
                case UInt8(ascii: "t"): self = .settle
                case UInt8(ascii: "l"): self = .release
                default: return nil
                }
            }
        }

        let id: Int64
        let at: Timestamp
        let kind: Kind
        let reservation: RowID
        let isEstimated: Bool
        let overrun: Spending
        let available: Spending
        let held: Spending
        let usage: TokenUsage
        let spent: Spending

        /// Its columns, as `init` reads them.
        static let columns = """
            e.id, e.at, e.kind, e.reservation, e.estimated, e.overrun, e.overrun_cost, e.available, e.held, e.input,
            e.cache_read, e.cache_write, e.output, e.reasoning, e.available_cost, e.held_cost, e.spent_cost
            """
        static let columnCount: Int32 = 17

        /// - Parameter row: begins with `columns`.
        init(_ row: LedgerRow) throws {
            id = try row[0]
            at = try row[1]
            kind = try row[2]
            reservation = try row[3]
            isEstimated = try row[4]
            overrun = Spending(tokens: try row[5], cost: try row[6])
            available = Spending(tokens: try row[7], cost: try row[14])
            held = Spending(tokens: try row[8], cost: try row[15])
            usage = TokenUsage(
                input: try row[9], cacheRead: try row[10], cacheWrite: try row[11], output: try row[12],
                reasoning: try row[13])
            let tokens = usage.input.addingSaturated(usage.cacheRead).addingSaturated(usage.cacheWrite)
                .addingSaturated(usage.output).addingSaturated(usage.reasoning)
            spent = Spending(tokens: tokens, cost: try row[16])
        }

        /// The sum of all its postings.
        var balance: Spending {
            Spending(
                tokens: available.tokens.addingSaturated(held.tokens).addingSaturated(spent.tokens),
                cost: available.cost.addingSaturated(held.cost).addingSaturated(spent.cost))
        }

        var hasNegative: Bool {
            usage.input < 0 || usage.cacheRead < 0 || usage.cacheWrite < 0 || usage.output < 0 || usage.reasoning < 0
                || spent.cost < 0
                || (kind == .reserve ? held.tokens < 0 || held.cost < 0 : held.tokens > 0 || held.cost > 0)
        }

        /// As the view `postings` shows them.
        var postings: Int64 {
            func one(_ amount: Int64) -> Int64 { amount == 0 ? 0 : 1 }
            return 2 + one(usage.input) + one(usage.cacheRead) + one(usage.cacheWrite) + one(usage.output)
                + one(usage.reasoning) + one(spent.cost)
        }

        /// Reads `[1,22,3]`.
        static func accounts(_ text: UnsafeRawBufferPointer) -> [Int64] {
            var accounts: [Int64] = []
            var number: Int64?
            accounts.reserveCapacity(8)
            for byte in text {
                if (0x30...0x39).contains(byte) {
                    let (product, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
                    number = overflow ? .max : product.addingSaturated(Int64(byte - 0x30))
                } else if let whole = number {
                    accounts.append(whole)
                    number = nil
                }
            }
            return accounts
        }
    }
}
