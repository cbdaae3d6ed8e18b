import GuildDomain
import Testing

@Suite struct DurationsTests {
    @Test(
        arguments: [
            ("250ms", .milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
            ("7d", .seconds(604_800)), ("90", .seconds(90)), ("0", .zero), ("0.5", .milliseconds(500)),
            ("1.5h", .seconds(5400)),
            ("0.001ms", .microseconds(1)), ("0.0001ms", nil), ("1.0000001", nil), ("", nil), ("s", nil), ("-5s", nil),
            ("5 s", nil),
            ("5S", nil), ("5M", nil), ("1h30m", nil), ("1e3", nil), (".", nil), ("999999999999d", nil),
            ("106751991d", .seconds(9_223_372_022_400)),
            ("99999999999999999999", nil), ("٣s", nil),
        ] as [(String, Duration?)]) func `durations`(text: String, expected: Duration?)
    {
        #expect(Durations.parse(text) == expected)
    }

    @Test(
        arguments: [
            ("4000", 4000), ("200K", 200_000), ("10M", 10_000_000), ("0", 0), ("1.5M", 1_500_000), ("0.001K", 1),
            ("0.0001K", nil),
            ("1.5", nil), ("", nil), ("K", nil), ("-1", nil), ("10m", nil), ("10 K", nil), ("10KM", nil), ("1e6", nil),
            ("9223372036854775807", .max), ("9223372036854775808", nil), ("9223372036855M", nil),
            ("9223372036854.775807M", .max),
        ] as [(String, Int64?)]) func `token counts`(text: String, expected: Int64?)
    {
        #expect(TokenCounts.parse(text) == expected)
    }
}
