import GuildDomain
import Testing

@testable import GuildCitadel

@Suite struct RecentAnswerTests {
    private static let start = Timestamp(seconds: 1_790_000_000)

    @Test(arguments: [
        (key: "a", after: 0, isKept: true), ("a", 1_999_999, true), ("a", 2_000_000, false), ("b", 0, false),
        // A clock that was set back.
        ("a", -1, false),
    ])
    func `an answer is kept for its key and its span`(key: String, after: Int, isKept: Bool) {
        let answers = RecentAnswer<String, Int>(for: .seconds(2))
        #expect(answers.value(of: "a", now: Self.start) { 1 } == 1)
        let second = answers.value(of: key, now: Self.start + .microseconds(after)) { 2 }
        #expect(second == (isKept ? 1 : 2))
    }
}
