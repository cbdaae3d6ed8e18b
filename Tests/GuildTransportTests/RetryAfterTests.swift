import GuildDomain
import GuildTransport
import Testing

struct RetryAfterTests {
    /// 1994-11-06T08:49:00Z.
    let now = Timestamp(seconds: 784_111_740)

    @Test(arguments: [
        "37", " 37 ", "037", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ])
    func `seconds and the three forms of a date are read`(value: String) {
        #expect(RetryAfter.delay(value, now: now) == .seconds(37))
    }

    @Test(arguments: ["0", "Sun, 06 Nov 1994 08:48:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
    func `the past is no wait`(value: String) { #expect(RetryAfter.delay(value, now: now) == .zero) }

    @Test(arguments: ["99999999999", "99999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
    func `a wait beyond reason is cut`(value: String) {
        #expect(RetryAfter.delay(value, now: now) == RetryAfter.longest)
    }

    @Test func `two digits of a year are at most 50 years ahead`() {
        let later = Timestamp(seconds: 4_070_908_800)  // 2099-01-01
        #expect(RetryAfter.delay("Thursday, 01-Jan-99 00:00:09 GMT", now: later) == .seconds(9))
        #expect(RetryAfter.delay("Friday, 01-Jan-00 00:00:00 GMT", now: later) == .seconds(365 * 86_400))
        #expect(RetryAfter.delay("Friday, 01-Jan-90 00:00:00 GMT", now: later) == .zero)
    }

    @Test(arguments: [
        "", "soon", "-1", "1.5", "1s", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Now 1994 08:49:37 GMT", "١٢",
        "Sun, 06 Nov 94 08:49:3 GMT", "a b c d e f",
    ])
    func `anything else is nothing`(value: String) { #expect(RetryAfter.delay(value, now: now) == nil) }
}
