import GuildDomain
import Testing

@testable import GuildHTTP

struct TrustedProxiesTests {
    private func client(_ proxies: [String], _ peer: String, _ fields: [String]) -> AddressBlock? {
        TrustedProxies(proxies.compactMap(AddressBlock.init))
            .client(of: InternetAddress(peer), forwardedFor: fields)
    }

    private func alone(_ address: String) -> AddressBlock? { InternetAddress(address)?.holder }

    @Test func `the word of a peer that is no trusted proxy counts for nothing`() {
        #expect(client(["10.0.0.0/8"], "192.0.2.1", ["203.0.113.9"]) == alone("192.0.2.1"))
    }

    @Test(arguments: [
        ["203.0.113.9"], ["198.51.100.1, 203.0.113.9"], ["198.51.100.1", "203.0.113.9"],
        ["127.0.0.1, 203.0.113.9, 10.1.2.3"], ["junk,203.0.113.9 ,10.1.2.3,10.9.9.9"], ["203.0.113.9:4711"],
        ["[203.0.113.9]:1"], ["::ffff:203.0.113.9"],
    ])
    func `behind trusted proxies it is the rightmost address that is none`(fields: [String]) {
        #expect(client(["10.0.0.0/8"], "10.0.0.1", fields) == alone("203.0.113.9"))
    }

    @Test(arguments: [["2001:db8::1"], ["[2001:db8::1]:443"], ["192.0.2.1, [2001:db8::1]"]])
    func `an IPv6 address is read with and without a port`(fields: [String]) {
        #expect(client(["10.0.0.0/8"], "10.0.0.1", fields) == alone("2001:db8::1"))
    }

    @Test func `a trusted proxy that forwards for nobody is held to no quota`() {
        #expect(client(["10.0.0.0/8"], "10.0.0.1", []) == nil)
        #expect(client(["10.0.0.0/8"], "10.0.0.1", ["10.0.0.7, 10.0.0.8"]) == nil)
        #expect(TrustedProxies.loopback.client(of: InternetAddress("127.0.0.9"), forwardedFor: []) == nil)
        #expect(TrustedProxies.loopback.client(of: InternetAddress("::1"), forwardedFor: []) == nil)
    }

    @Test(arguments: [["unknown"], [""], ["203.0.113.9, "], ["1.2.3.4.5"], ["a:b"], ["203.0.113.9, _hidden"]])
    func `clients that cannot be told apart share a quota, and do not escape theirs`(fields: [String]) {
        #expect(client(["10.0.0.0/8"], "10.0.0.1", fields) == AddressBlock("0.0.0.0/32"))
    }

    @Test func `a list without end is not read to its end`() {
        let hops = [String](repeating: "10.0.0.7", count: 1000).joined(separator: ",")
        #expect(client(["10.0.0.0/8"], "10.0.0.1", ["203.0.113.9," + hops]) == AddressBlock("0.0.0.0/32"))
    }
}
