import Foundation
import GuildConnectors
import Testing

struct SecretTests {
    private let secret = Secret("hunter2hunter2")

    @Test func `nothing that prints a secret shows it`() {
        var dumped = ""
        dump(secret, to: &dumped)
        dump(["key": [secret]], to: &dumped)
        struct Holder { let secret: Secret }
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])",
            "\(Optional(secret) as Any)", "\(Holder(secret: secret))", String(reflecting: Holder(secret: secret)),
            dumped,
            String(format: "%@", "\(secret)"), "\(SecretSource.known(secret))",
        ]
        for text in texts {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("••••"))
        }
    }

    @Test func `a secret is revealed on demand`() {
        #expect(secret.reveal() == "hunter2hunter2")
        #expect(Secret(bytes: [0xFF, 0x41]).bytes == [0xFF, 0x41])
        #expect(Secret("").isEmpty)
    }
}
