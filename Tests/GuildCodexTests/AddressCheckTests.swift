import GuildDomain
import Testing

@testable import GuildCodex

@Suite struct AddressCheckTests {
    private func objection(_ address: String, secret: Bool = true, allowed: Set<String> = [])
        -> String?
    {
        AddressCheck(allowed: allowed).objection(to: address, carriesSecret: secret)?.found
    }

    @Test(arguments: [
        "https://api.example.com/v1", "http://127.0.0.1:9", "http://localhost:11434/v1",
        "http://[::1]:8000", "http://127.1/",
        "https://10.0.0.5", "http://llm.localhost", "http://[::ffff:127.0.0.1]",
    ])
    func `an address that a secret may go to`(address: String) { #expect(objection(address) == nil) }

    @Test(arguments: [
        "http://models.internal:8000", "http://10.0.0.5", "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com", "http://0.0.0.0:80", "http://[64:ff9b::7f00:1]", "http://[2002:7f00:1::]",
        "http://[::127.0.0.1]",
    ])
    func `a secret goes to no other host by plain http`(address: String) {
        #expect(objection(address)?.contains("plain http") == true)
        #expect(objection(address, secret: false) == nil)
    }

    @Test(arguments: [
        "http://169.254.169.254/latest", "https://169.254.1.1", "http://2852039166",
        "http://0xA9FEA9FE",
        "http://169.254.43518", "http://0251.0376.0251.0376", "http://[fe80::1]",
        "http://[fe80::1]:80/x",
        "http://[::ffff:169.254.169.254]", "http://[::ffff:a9fe:a9fe]", "http://[64:ff9b::a9fe:a9fe]",
        "http://metadata.google.internal", "http://metadata.google.internal.", "http://METADATA",
        "http://[fd00:ec2::254]",
        "http://100.100.100.200", "https://169.254.169.254.", "https://[2002:a9fe:a9fe::]/",
        "https://[2002:a9fe:a9fe:1::5]", "https://[64:ff9b:1::a9fe:a9fe]", "https://[64:ff9b:1:a9fe:a9:fe00::]",
        "https://[2001:0:a9fe:a9fe::1]", "https://[2001:0:102:304::5601:5601]", "https://[::ffff:0:a9fe:a9fe]",
        "https://[2001:db8::5efe:169.254.169.254]", "https://[::169.254.169.254]",
    ])
    func `nothing goes to where a host keeps its credentials`(address: String) {
        #expect(objection(address, secret: false)?.contains("link-local") == true)
        #expect(objection(address)?.contains("link-local") == true)
    }

    @Test(arguments: [
        "https://good.example@evil.example", "https://h%2eexample", "https://\u{ff11}69.254.169.254",
        "https://[fe80::1%25eth0]",
    ])
    func `a host that is not read alike by everybody is refused`(address: String) {
        #expect(objection(address)?.contains("cannot be determined") == true)
    }

    @Test func `what the guild names is allowed, and nothing beside it`() {
        let allowed: Set<String> = ["http://models.internal:8000", "http://169.254.169.254"]
        #expect(objection("http://models.internal:8000/v1", allowed: allowed) == nil)
        #expect(objection("HTTP://Models.Internal:8000", allowed: allowed) == nil)
        #expect(objection("http://169.254.169.254/", allowed: allowed) == nil)
        #expect(objection("http://models.internal:8001", allowed: allowed) != nil)
        #expect(objection("http://169.254.169.253", allowed: allowed) != nil)
    }
}
