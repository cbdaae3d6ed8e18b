import GuildDomain
import Testing

@Suite struct IdentifierTests {
    @Test func `text and bytes lead back to the identifier`() {
        for (high, low) in [(0, 0), (.max, .max), (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210), (1 << 63, 1)]
            as [(UInt64, UInt64)]
        {
            let identifier = EventID(high: high, low: low)
            #expect(identifier.description.utf8.count == 26)
            #expect(EventID(identifier.description) == identifier)
            #expect(EventID(identifier.description.lowercased()) == identifier)
            #expect(EventID(bytes: identifier.bytes) == identifier)
        }
        #expect(EventID(high: .max, low: .max).description == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
        #expect(EventID(high: 0, low: 31).description == "0000000000000000000000000Z")
    }

    @Test(arguments: [
        "", "0", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0000000000000000000000000U", "0000000000000000000000000-",
        "000000000000000000000000000", "ÿ000000000000000000000000",
    ]) func `other text is no identifier`(text: String) { #expect(EventID(text) == nil) }

    @Test func `other bytes are no identifier`() {
        #expect(EventID(bytes: []) == nil)
        #expect(EventID(bytes: Array(repeating: 0, count: 17)) == nil)
    }

    @Test func `order of creation is order of text, of bytes and of value`() {
        let times: [Int64] = [0, 1, 999, 1000, 1_700_000_000_000, 1_700_000_000_001, 0xFFFF_FFFF_FFFF]
        let identifiers = times.map { EventID(now: Timestamp(microseconds: $0 * 1000)) }
        for (earlier, later) in zip(identifiers, identifiers.dropFirst()) {
            #expect(earlier < later)
            #expect(earlier.description < later.description)
            #expect(earlier.bytes.lexicographicallyPrecedes(later.bytes))
        }
        #expect(zip(identifiers, times).allSatisfy { $0.high >> 16 == UInt64($1) })
    }

    @Test func `times outside 48 bits do not trap`() {
        #expect(EventID(now: Timestamp(microseconds: .min)).high >> 16 == 0)
        _ = EventID(now: Timestamp(microseconds: .max))
    }

    @Test func `two of one moment differ`() {
        let now = Timestamp(seconds: 1_700_000_000)
        #expect(Set((0..<1000).map { _ in EventID(now: now) }).count == 1000)
    }

    @Test func `a derived identifier depends on its parts and their borders alone`() {
        #expect(EventID(derivedFrom: ["github", "1"]) == EventID(derivedFrom: ["github", "1"]))
        #expect(EventID(derivedFrom: ["ab", "c"]) != EventID(derivedFrom: ["a", "bc"]))
        #expect(EventID(derivedFrom: ["a"]) != EventID(derivedFrom: ["a", ""]))
        // SHA-256 of no bytes begins e3b0c442….
        #expect(EventID(derivedFrom: []).high == 0xE3B0_C442_98FC_1C14)
    }
}
