import GuildDomain
import Testing

@testable import GuildCommands

@Suite struct DocumentEncoderTests {
    private struct Inner: Encodable {
        let zebra: Int
        let apple: Bool
    }

    private struct Outer: Encodable {
        let name: String
        let costMicrodollars: Int64
        let p50Ms: Double
        let absent: String?
        let at: Timestamp
        let list: [Inner]
        let any: JSONValue
        let spread: Inner
        let none: Inner?

        private enum CodingKeys: String, CodingKey {
            case name, costMicrodollars, p50Ms, absent, at, list, any
            case spread = ""
            case none
        }
    }

    private static let outer = Outer(
        name: "a", costMicrodollars: .max, p50Ms: 0.5, absent: nil, at: Timestamp(seconds: 1_790_000_000),
        list: [Inner(zebra: 1, apple: true)], any: ["Key": 1, "b": .null], spread: Inner(zebra: -2, apple: false),
        none: nil)

    @Test func `members keep their order, absent ones are null, and an empty key spreads`() throws {
        let text = try DocumentEncoder.encode(Self.outer).text()
        #expect(
            text == #"{"name":"a","cost_microdollars":9223372036854775807,"p50_ms":0.5,"absent":null,"#
                + #""at":"2026-09-21T14:13:20Z","list":[{"zebra":1,"apple":true}],"any":{"Key":1,"b":null},"#
                + #""zebra":-2,"apple":false,"none":null}"#)
    }

    @Test func `a list is an array, also an empty one`() throws {
        #expect(try DocumentEncoder.encode([Inner(zebra: 1, apple: true)]).text() == #"[{"zebra":1,"apple":true}]"#)
        #expect(try DocumentEncoder.encode([Inner]()).text() == "[]")
        #expect(try DocumentEncoder.encode(Inner?.none).text() == "null")
    }

    @Test func `a repeated member moves to the end with the later value`() throws {
        struct Twice: Encodable {
            let first: JSONValue
            let name: String

            private enum CodingKeys: String, CodingKey {
                case first = ""
                case name
            }
        }
        let twice = Twice(first: ["name": "old", "other": 1], name: "new")
        #expect(try DocumentEncoder.encode(twice).text() == #"{"other":1,"name":"new"}"#)
    }

    @Test func `a list of ten thousand is no matter of seconds`() throws {
        let many = Array(repeating: Inner(zebra: 1, apple: true), count: 10_000)
        #expect(try DocumentEncoder.encode(many).array?.count == 10_000)
    }
}
