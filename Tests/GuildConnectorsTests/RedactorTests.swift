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

    private static let token = "p/w+d\"é-0123456789"

    /// Everything here stands for the same secret.
    static let encodings: [(name: String, encode: @Sendable (String) -> String)] = [
        ("hex", { $0.utf8.map { String(format: "%02x", $0) }.joined() }),
        ("HEX", { $0.utf8.map { String(format: "%02X", $0) }.joined() }),
        ("hex with colons", { $0.utf8.map { String(format: "%02x", $0) }.joined(separator: ":") }),
        ("every byte in percent", { $0.utf8.map { String(format: "%%%02x", $0) }.joined() }),
        ("percent in part", { "%70" + $0.dropFirst().replacing("+", with: "%2B").replacing("/", with: "%2f") }),
        ("JSON", { JSONValue.string($0).text() }),
        ("JSON in JSON", { JSONValue.string(JSONValue.string($0).text()).text() }),
        ("JSON in ASCII", { $0.utf16.map { String(format: "\\u%04x", $0) }.joined() }),
        ("\\x", { $0.utf8.map { String(format: "\\x%02x", $0) }.joined() }),
        ("HTML", { $0.replacing("\"", with: "&quot;").replacing("/", with: "&#47;").replacing("+", with: "&#x2b;") }),
        ("Basic", { Data("user:\($0)".utf8).base64EncodedString() }),
        (
            "base64 in lines",
            {
                Data("us:\($0):and a tail of more than that".utf8).base64EncodedString(options: [
                    .lineLength64Characters, .endLineWithLineFeed,
                ])
            }
        ),
        (
            "base64 in percent",
            { Data("u:\($0)".utf8).base64EncodedString().replacing("+", with: "%2B").replacing("/", with: "%2F") }
        ),
    ]

    @Test(arguments: encodings.map(\.name))
    func `each encoding of a secret is masked`(name: String) throws {
        let encode = try #require(Self.encodings.first { $0.name == name }).encode
        let masked = redactor(Self.token).masked("<\(encode(Self.token))>")
        #expect(masked.contains("••••"))
        // What is left is at most what stood around the secret.
        #expect(masked.count < 60, "\(masked)")
        #expect(!masked.contains("0123") && !masked.contains("3031"), "\(masked)")
    }

    @Test func `data keeps words that are also weak secrets, and its numbers`() {
        let redactor = redactor("test", "12345678", "hunter2-and-more")
        let data: JSONValue = ["name": "test-repo", "id": 12_345_678, "hunter2-and-more": ["a hunter2-and-more"]]
        #expect(redactor.maskedData(data) == ["name": "test-repo", "id": 12_345_678, "••••": ["a ••••"]])
        #expect(redactor.masked("test") == "••••")
    }

    @Test func `a text of escapes costs time by its length`() {
        let redactor = redactor("%%%%%%%%\\\\\\\\&&&&0123")
        let text = String(repeating: "%25\\\\&amp;%", count: 20_000)
        #expect(redactor.masked(text) == text)
    }
}
