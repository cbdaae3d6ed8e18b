import GuildTransport
import Testing

struct IPAddressTests {
    @Test(arguments: [
        ("8.8.8.8", true), ("1.1.1.1", true), ("172.32.0.1", true), ("100.128.0.1", true), ("2606:4700::1111", true),
        ("64:ff9b::808:808", true), ("2002:808:808::1", true), ("0.0.0.0", false), ("10.255.0.1", false),
        ("100.64.0.1", false), ("127.1.2.3", false), ("169.254.169.254", false), ("172.16.0.1", false),
        ("172.31.255.255", false), ("192.168.1.1", false), ("198.19.0.1", false), ("224.0.0.1", false),
        ("255.255.255.255", false), ("::", false), ("::1", false), ("::ffff:10.0.0.1", false), ("::127.0.0.1", false),
        ("fe80::1%eth0", false), ("fd12::1", false), ("ff02::1", false), ("64:ff9b::a00:1", false),
        ("2002:7f00:1::", false), ("2001::1", false), ("2001:db8::1", false), ("[::1]", false),
    ])
    func `only what is reachable from anywhere is public`(text: String, isPublic: Bool) throws {
        #expect(try #require(IPAddress(text)).isPublic == isPublic)
    }

    @Test(arguments: ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0x7f.1", "host", ":::", "[1", "1.2.3.4\0"])
    func `what is not an address is none`(text: String) { #expect(IPAddress(text) == nil) }

    @Test(arguments: [
        ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false), ("::2", false),
    ])
    func `loopback is the machine itself`(text: String, isLoopback: Bool) throws {
        #expect(try #require(IPAddress(text)).isLoopback == isLoopback)
    }

    @Test func `a mapped address is the one within`() {
        #expect(IPAddress("::ffff:1.2.3.4") == IPAddress("1.2.3.4"))
        #expect(IPAddress("::ffff:1.2.3.4")?.description == "1.2.3.4")
    }
}
