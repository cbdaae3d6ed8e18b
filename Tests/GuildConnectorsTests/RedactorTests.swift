import Foundation
import GuildConnectors
import GuildDomain
import Testing

struct RedactorTests {
    private let value = #"p"w/ é+\x?=&key"#

    private func redactor(_ secrets: String...) -> Redactor {
        let redactor = Redactor()
        for secret in secrets { redactor.learn(Secret(secret)) }
        return redactor
    }

    @Test func `a text without secrets is left as it is`() {
        #expect(Redactor().masked("nothing here") == "nothing here")
        #expect(redactor("hunter2").masked("nothing here é") == "nothing here é")
        #expect(redactor("hunter2").masked("") == "")
        #expect(redactor("hunter2").masked("hunter") == "hunter")
    }

    @Test func `a secret is masked wherever it stands`() {
        let redactor = redactor("hunter2", "swordfish")
        #expect(redactor.masked("hunter2") == "••••")
        #expect(redactor.masked("a hunter2, swordfish and hunter2hunter2!") == "a ••••, •••• and ••••••••!")
    }

    @Test func `of two secrets the longer is masked whole`() {
        #expect(redactor("hunter2", "hunter2-and-more").masked("hunter2-and-more") == "••••")
    }

    @Test func `URL and JSON encodings are masked`() {
        let redactor = redactor(value)
        var unreserved = CharacterSet.alphanumerics
        unreserved.insert(charactersIn: "-._~")
        let encoded = value.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
        let json = JSONValue.string(value).text()
        let forms = [
            value, encoded, encoded.replacing("%20", with: "+"), encoded.lowercased().replacing("%5cx", with: "%5cx"),
            json,
            json.replacing("/", with: "\\/"),
        ]
        for form in forms {
            let masked = redactor.masked("<\(form)>")
            #expect(masked.contains("••••") && !masked.contains("key"), "\(form)")
        }
    }

    @Test(arguments: 0..<7)
    func `base64 is masked whatever stands before the secret`(length: Int) {
        let secret = "a-token?>~ÿ-0123456789"
        let redactor = redactor(secret)
        let text = String(repeating: "u", count: length) + secret + ":tail"
        let encoded = Data(text.utf8).base64EncodedString()
        let urlSafe = encoded.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        for form in [encoded, urlSafe] {
            let masked = redactor.masked("Basic \(form)")
            #expect(masked.contains("••••"))
            #expect(masked.count < "Basic \(form)".count - secret.utf8.count)
        }
    }

    @Test func `each line of a private key is masked`() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----"
        let masked = redactor(key).masked("line 2: AQEFAASCBKcwggSjAgEAAoIB\n-----BEGIN KEY-----")
        #expect(masked == "line 2: ••••\n-----BEGIN KEY-----")
    }

    @Test func `secrets too short to mask are left alone, and the number of secrets is bounded`() {
        #expect(redactor("abc").masked("abc") == "abc")
        let redactor = Redactor()
        for number in 0...Redactor.secretLimit { redactor.learn(Secret("secret-number-\(number)-x")) }
        #expect(redactor.masked("secret-number-0-x") == "secret-number-0-x")
        #expect(redactor.masked("secret-number-1-x secret-number-256-x") == "•••• ••••")
    }
}
