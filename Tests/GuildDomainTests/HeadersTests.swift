import GuildDomain
import Testing

@Suite struct HeadersTests {
    @Test func `names compare without case and keep their order`() {
        var headers: Headers = ["Content-Type": "text/plain", "X-One": "1", "x-one": "2"]
        #expect(headers["content-type"] == "text/plain")
        #expect(headers.all("X-ONE") == ["1", "2"])
        headers["X-One"] = "3"
        #expect(headers.all("x-one") == ["3"])
        #expect(headers.fields.map(\.name) == ["Content-Type", "X-One"])
        headers["CONTENT-TYPE"] = nil
        #expect(headers["Content-Type"] == nil)
        headers.append("A", "1")
        headers.append("a", "2")
        #expect(headers.all("A") == ["1", "2"])
        #expect(headers["missing"] == nil)
    }

    @Test func `only ASCII letters have a case`() {
        let headers: Headers = ["[x": "1", "é": "2"]
        #expect(headers["{x"] == nil)
        #expect(headers["É"] == nil)
        #expect(headers["[X"] == "1")
    }
}
