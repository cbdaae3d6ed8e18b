import GuildDomain
import Testing

@Suite struct AmountTests {
    @Test(arguments: [(0, "0 files"), (1, "1 file"), (1200, "1,200 files")])
    func `a count names one thing or several`(count: Int, text: String) {
        #expect(Amount.counted(count, "file") == text)
    }

    @Test func `a plural of its own is given`() {
        #expect(Amount.counted(Int64(1), "body", "bodies") == "1 body")
        #expect(Amount.counted(Int64(2), "body", "bodies") == "2 bodies")
    }
}
