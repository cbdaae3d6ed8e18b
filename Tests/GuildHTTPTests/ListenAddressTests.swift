import GuildHTTP
import Testing

struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8484", "127.0.0.1", 8484), ("localhost:0", "localhost", 0), ("[::1]:80", "::1", 80),
        ("0.0.0.0:65535", "0.0.0.0", 65_535),
    ])
    func `an address is a host and a port`(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(parsing: text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":", ":80", "host", "host:", "host:65536", "host:-1", "host:+80", "host:8 0", "::1:80", "[::1]", "[]:80",
        "[host]:80", "a b:80", "host:99999999999999999999", "http://host:80", "host:٨٠",
    ])
    func `what is not an address is refused`(text: String) {
        #expect(ListenAddress(parsing: text) == nil)
    }
}
