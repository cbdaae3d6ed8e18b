import Foundation
import GuildDomain
import Testing

@testable import GuildCommands

@Suite struct TimesAndAmountsTests {
    private let london = TimeZone(identifier: "Europe/London") ?? .gmt
    private let kolkata = TimeZone(identifier: "Asia/Kolkata") ?? .gmt
    private let newYork = TimeZone(identifier: "America/New_York") ?? .gmt

    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    @Test func `the zones of this machine are there`() {
        #expect(london.identifier == "Europe/London")
        #expect(kolkata.secondsFromGMT() == 19_800)
    }

    @Test func `a person reads local time with its offset, on both sides of a clock change`() throws {
        #expect(LocalTime.text(try at("2026-03-29T00:59:59Z"), zone: london) == "2026-03-29 00:59:59 +00:00")
        #expect(LocalTime.text(try at("2026-03-29T01:00:00Z"), zone: london) == "2026-03-29 02:00:00 +01:00")
        #expect(LocalTime.text(try at("2026-11-22T00:00:00.5Z"), zone: kolkata) == "2026-11-22 05:30:00 +05:30")
    }

    @Test func `local RFC 3339 carries the offset of that moment`() throws {
        #expect(LocalTime.rfc3339(try at("2026-03-29T01:00:00Z"), zone: london) == "2026-03-29T02:00:00+01:00")
        #expect(LocalTime.rfc3339(try at("2026-01-01T03:00:00Z"), zone: newYork) == "2025-12-31T22:00:00-05:00")
        #expect(LocalTime.rfc3339(try at("2026-01-01T00:00:00Z"), zone: kolkata) == "2026-01-01T05:30:00+05:30")
    }

    @Test func `a point in time is a span, an instant or a local time`() throws {
        let now = try at("2026-11-22T12:00:00Z")
        func parsed(_ text: String, _ zone: TimeZone) -> String? {
            PointInTime.parse(text, now: now, zone: zone)?.rfc3339
        }
        #expect(parsed("7d", london) == "2026-11-15T12:00:00Z")
        #expect(parsed("90m", london) == "2026-11-22T10:30:00Z")
        #expect(parsed("2026-11-22T08:30:00+02:00", london) == "2026-11-22T06:30:00Z")
        #expect(parsed("2026-07-01", london) == "2026-06-30T23:00:00Z")
        #expect(parsed("2026-11-01T08:30", newYork) == "2026-11-01T13:30:00Z")
        #expect(parsed("2026-11-01T08:30:15", kolkata) == "2026-11-01T03:00:15Z")
    }

    @Test(arguments: [
        "", "yesterday", "2026-02-30", "2026-11-22T25:00", "2026-1-1", "-3d", "2026-11-22T08:30:00.5", "7w",
    ])
    func `anything else is no point in time`(_ text: String) throws {
        #expect(PointInTime.parse(text, now: try at("2026-11-22T12:00:00Z"), zone: london) == nil)
    }

    @Test func `programs get UTC, plain digits and dollars without a sign`() throws {
        let time = try at("2026-11-22T12:00:00Z")
        #expect(CellFormat.machine.time(time) == "2026-11-22T12:00:00Z")
        #expect(CellFormat.people(newYork).time(time) == "2026-11-22 07:00:00 -05:00")
        #expect(CellFormat.machine.count(1_234_567) == "1234567")
        #expect(CellFormat.people(london).count(1_234_567) == "1,234,567")
        #expect(CellFormat.machine.money(12_300) == "0.0123")
        #expect(CellFormat.people(london).money(12_300) == "$0.0123")
        #expect(CellFormat.machine.text(nil) == "")
        #expect(CellFormat.people(london).text(nil) == "-")
    }

    @Test func `numbers are grouped in threes at any size`() {
        #expect([0, 7, 999, 1000, -1000].map { Amount.grouped($0) } == ["0", "7", "999", "1,000", "-1,000"])
        #expect(Amount.grouped(.min) == "-9,223,372,036,854,775,808")
    }

    @Test func `durations and sizes are short`() {
        #expect(Amount.duration(.seconds(90)) == "1m30s")
        #expect(Amount.duration(.milliseconds(250)) == "250ms")
        #expect(Amount.duration(.seconds(90_000)) == "1d1h")
        #expect(Amount.bytes(512) == "512 B")
        #expect(Amount.bytes(1536) == "1.5 KiB")
    }

    @Test func `money keeps every digit that there is, and two at least`() {
        #expect(
            [0, 1, 10_000, 1_234_567, -500_000].map { Money.dollars($0) }
                == ["$0.00", "$0.000001", "$0.01", "$1.234567", "-$0.50"])
    }
}
