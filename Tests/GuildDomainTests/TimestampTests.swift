import GuildDomain
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-22T08:30:00Z", 1_795_336_200_000_000),
        ("2026-11-22T09:30:00+01:00", 1_795_336_200_000_000), ("2026-11-22t03:00:00.5-05:30", 1_795_336_200_500_000),
        ("2026-11-22 08:30:00.123456789z", 1_795_336_200_123_456), ("1969-12-31T23:59:59.999999Z", -1),
        ("2000-02-29T00:00:00Z", 951_782_400_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
        ("2026-11-22T08:30:00-00:00", 1_795_336_200_000_000),
    ]) func `RFC 3339 is read`(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T08:30Z", "2026-11-22T08:30:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T08:60:00Z", "2026-11-22T08:30:61Z",
        "2026-11-22T08:30:00.Z",
        "2026-11-22T08:30:00+24:00", "2026-11-22T08:30:00+0100", "2026-11-22T08:30:00Z ", "+026-11-22T08:30:00Z",
        "2026-11-22T08:30:00+01:60", "٢٠٢٦-11-22T08:30:00Z", "1900-02-29T00:00:00Z",
    ]) func `anything else is refused`(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000001Z"), (1000, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"), (1_795_336_200_500_000, "2026-11-22T08:30:00.500Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00Z"),
    ]) func `RFC 3339 is written with the digits that it needs`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test func `the ends of time do not trap`() {
        let (first, last) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
        #expect(!first.rfc3339.isEmpty)
        #expect(!last.rfc3339.isEmpty)
        #expect(Timestamp(seconds: .max) == last)
        #expect(Timestamp(seconds: .min) == first)
        #expect(last + .seconds(1) == last)
        #expect(first - .seconds(1) == first)
        #expect((last - first).microseconds == .max)
        #expect((first - last).microseconds == .min)
        #expect(Duration.seconds(Int64.max).microseconds == .max)
        #expect(Duration.seconds(Int64.min).microseconds == .min)
    }

    @Test func `seconds round down`() {
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(Timestamp(microseconds: 1_999_999).seconds == 1)
        #expect(Timestamp(seconds: 5) - Timestamp(seconds: 3) == .seconds(2))
    }

    @Test func `the calendar goes there and back over 800 years`() {
        var expected: (year: Int64, month: Int64, day: Int64) = (1600, 1, 1)
        for days in CivilDate.toDays(year: 1600, month: 1, day: 1)..<CivilDate.toDays(year: 2400, month: 1, day: 1) {
            let found = CivilDate.fromDays(days)
            if found != expected || CivilDate.toDays(year: found.year, month: found.month, day: found.day) != days {
                Issue.record("day \(days) is \(found), expected \(expected)")
                return
            }
            expected.day += 1
            if expected.day > CivilDate.daysIn(month: expected.month, year: expected.year) {
                expected = expected.month == 12 ? (expected.year + 1, 1, 1) : (expected.year, expected.month + 1, 1)
            }
        }
    }
}
