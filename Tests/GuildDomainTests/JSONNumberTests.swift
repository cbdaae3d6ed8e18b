import GuildDomain
import Testing

@Suite struct JSONNumberTests {
    private func number(_ text: String) throws -> JSONNumber { try #require(JSONNumber(text)) }

    @Test(arguments: [
        ("300", "3e2"), ("300", "300.000"), ("0", "-0"), ("0", "0e999"), ("0.0", "0"), ("-1.5", "-15e-1"),
        ("1e1", "10"),
        ("1E+2", "100"), ("0.001", "1e-3"), ("123e-2", "1.23"),
    ]) func `the same decimal is the same number`(left: String, right: String) throws {
        #expect(try number(left) == number(right))
        #expect(try Set([number(left), number(right)]).count == 1)
        #expect(try !(number(left) < number(right)) && !(number(right) < number(left)))
    }

    @Test func `numbers are ordered by their value`() throws {
        let ordered = [
            "-1e999999999999999999999", "-1e400", "-10", "-9.99", "-1", "-0.1", "-1e-400", "0", "1e-400", "0.09", "0.1",
            "1",
            "1.0000000000000000000001", "9", "9007199254740992", "9007199254740993", "1e400", "2e400",
            "1e999999999999999999999",
        ]
        let numbers = try ordered.map { try number($0) }
        for (left, right) in zip(numbers, numbers.dropFirst()) {
            #expect(left < right)
            #expect(!(right < left))
            #expect(left != right)
        }
        #expect(numbers.shuffled().sorted().map(\.description) == ordered)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("0.0", 0), ("0e5", 0), ("3e2", 300), ("300.00", 300), ("-1.5e1", -15),
            ("9223372036854775807", Int64.max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
            ("922337203685477580.7e1", .max), ("1.5", nil), ("1e-1", nil), ("1e18", 1_000_000_000_000_000_000),
            ("1e19", nil),
            ("1e999999999999", nil), ("-1e999999999999", nil),
        ] as [(String, Int64?)]) func `a whole number that fits is an integer`(text: String, expected: Int64?) throws
    {
        #expect(try number(text).integer == expected)
    }

    @Test(arguments: [
        ("10", 5, true), ("11", 5, false), ("1e30", 7, false), ("7e30", 7, true), ("0", 3, true), ("-9", 3, true),
        ("4.5", 3, false), ("1e999999999999", 10, true), ("1e999999999999", 3, false), ("5", 0, false),
        ("9223372036854775807e5", Int64.max, true),
    ]) func `multiples are exact`(text: String, divisor: Int64, expected: Bool) throws {
        #expect(try number(text).isMultiple(of: divisor) == expected)
    }

    @Test(arguments: ["", "x", "1 2", "\"1\"", "01", "1e", String(repeating: "9", count: 401)])
    func `what is not a number is none`(text: String) {
        #expect(JSONNumber(text) == nil)
    }

    @Test func `whole numbers are told from fractions at any size`() throws {
        #expect(try number("1e300").isWhole)
        #expect(try number("10.0").isWhole)
        #expect(try !number("10.01").isWhole)
        #expect(try number("1e999").double == .infinity)
    }
}
