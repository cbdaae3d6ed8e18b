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

    @Test func `an address that somebody listens on is not free, and is free again afterwards`() async throws {
        let taken = try await withListener([.health]) { port, _ in
            let address = ListenAddress(host: "127.0.0.1", port: port)
            let failure = #expect(throws: ListenFailure.self) { try address.requireFree() }
            #expect(failure == .cannotBind(address: address, reason: "Address already in use"))
            return address
        }
        try taken.requireFree()
        try ListenAddress(host: "127.0.0.1", port: 0).requireFree()
        // Its listener says so.
        try ListenAddress(host: "no-such-host.invalid", port: 1).requireFree()
    }
}
