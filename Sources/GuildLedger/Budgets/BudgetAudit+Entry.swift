import GuildDomain

extension BudgetAudit {
    /// Sixteen bytes that name a row: one of our own for each, so that hashing it needs no generic code.
    struct RowID: Hashable {
        let high: UInt64
        let low: UInt64

        /// Zeros where the column is not an id.
        init(_ row: LedgerRow, _ column: Int32) {
            let bytes = row.bytes(column)
            let isID = bytes.count == 16
            high = isID ? UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)) : 0
            low = isID ? UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) : 0
        }

        var value: StoredValue { .id(ReservationID(high: high, low: low)) }
    }

    /// One entry of the books. Millions of them pass, so that it holds nothing that has to be allocated.
    struct Entry {
        enum Kind { case reserve, settle, release }

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

        init(_ row: LedgerRow) throws {
            func integer(_ column: Int32) -> Int64 { row.integer(column) ?? 0 }
            id = integer(0)
            at = Timestamp(microseconds: integer(1))
            // Their third letters differ; the schema allows no fourth.
            kind =
                switch row.bytes(2).dropFirst(2).first {
                case UInt8(ascii: "s"): .reserve
                case UInt8(ascii: "t"): .settle
                default: .release
                }
            reservation = RowID(row, 3)
            isEstimated = integer(4) == 1
            overrun = Spending(tokens: integer(5), cost: integer(6))
            available = Spending(tokens: integer(7), cost: integer(14))
            held = Spending(tokens: integer(8), cost: integer(15))
            usage = TokenUsage(
                input: integer(9), cacheRead: integer(10), cacheWrite: integer(11), output: integer(12),
                reasoning: integer(13))
            let tokens = usage.input.addingSaturated(usage.cacheRead).addingSaturated(usage.cacheWrite)
                .addingSaturated(usage.output).addingSaturated(usage.reasoning)
            spent = Spending(tokens: tokens, cost: integer(16))
        }

        /// What all its postings sum to.
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
            var (accounts, number): ([Int64], Int64?) = ([], nil)
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
