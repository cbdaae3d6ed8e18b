import Crypto
import Foundation
import GuildCodex
import GuildDomain
import Testing

@testable import GuildConnectors

/// https://www.standardwebhooks.com, version 1.0.0: the published vectors, and what must not pass for one.
struct StandardWebhooksTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let published: (id: String, time: String, signature: String, body: String) = (
        "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        #"{"test": 2432232314}"#
    )

    private static func headers(
        id: String = Self.published.id, time: String = Self.published.time,
        signature: String = Self.published.signature,
        family: String = "webhook"
    ) -> Headers {
        ["\(family)-id": id, "\(family)-timestamp": time, "\(family)-signature": signature]
    }

    private static func delivery(
        _ headers: Headers, _ body: [UInt8] = Array(Self.published.body.utf8), now: Int64 = 1_614_265_330
    ) -> WebhookDelivery {
        WebhookDelivery(
            system: "billing", endpoint: "invoices", headers: headers, body: body, receivedAt: Timestamp(seconds: now))
    }

    private static func verdict(_ delivery: WebhookDelivery, _ secrets: [String] = [Self.secret]) -> WebhookVerdict {
        StandardWebhooks().authenticate(delivery, by: secrets.map { Secret($0) })
    }

    private static func signed(
        _ body: String, id: String = "msg_1", time: Int64 = 1_614_265_330
    ) throws -> WebhookDelivery {
        let signature = try #require(
            StandardWebhooks.sign(Array(body.utf8), id: id, timestamp: "\(time)", secret: Secret(secret)))
        return delivery(headers(id: id, time: "\(time)", signature: signature), Array(body.utf8), now: time)
    }

    // MARK: - The published vectors

    @Test(.enabled(if: Samples.isPresent, Samples.comment))
    func `every published vector has its verdict`() throws {
        let vectors = Samples.vectors(of: "standard-webhooks")
        #expect(vectors.count >= 11)
        for vector in vectors {
            let delivery = Self.delivery(vector.headers, vector.body, now: try #require(vector.now))
            let isValid = Self.verdict(delivery, [vector.secret]) == .authentic
            #expect(isValid == vector.isValid, "\(vector.name)")
        }
    }

    @Test(
        arguments: [
            ("webhook", [secret]), ("svix", [secret]), ("webhook", ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]),
            ("webhook", ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", secret]),
        ])
    func `the documented delivery is authentic, whichever secret is its own`(family: String, secrets: [String]) {
        #expect(Self.verdict(Self.delivery(Self.headers(family: family)), secrets) == .authentic)
        #expect(StandardWebhooks().mayBeAuthentic(head: Self.delivery(Self.headers(family: family), [])))
    }

    @Test func `one good signature among several is enough`() {
        let other = "v1," + Data(repeating: 7, count: 32).base64EncodedString()
        let list = "\(other) v2,abc \(Self.published.signature) v9"
        #expect(Self.verdict(Self.delivery(Self.headers(signature: list))) == .authentic)
    }

    @Test func `an Ed25519 signature is verified with the sender's public key`() throws {
        let key = Curve25519.Signing.PrivateKey()
        let publicKey = "whpk_" + key.publicKey.rawRepresentation.base64EncodedString()
        let content = Array("\(Self.published.id).\(Self.published.time).\(Self.published.body)".utf8)
        let signature = "v1a," + (try key.signature(for: content)).base64EncodedString()
        #expect(Self.verdict(Self.delivery(Self.headers(signature: signature)), [publicKey]) == .authentic)
        #expect(Self.verdict(Self.delivery(Self.headers(signature: signature)), [Self.secret]) == .forged)
        #expect(Self.verdict(Self.delivery(Self.headers()), [publicKey]) == .forged)
        #expect(
            Self.verdict(Self.delivery(Self.headers(id: "other", signature: signature)), [publicKey]) == .forged)
    }

    // MARK: - What is none

    @Test func `each bit of what is signed counts`() {
        let body = Array(Self.published.body.utf8)
        for index in body.indices {
            for bit in 0..<8 {
                var flipped = body
                flipped[index] ^= 1 << UInt8(bit)
                #expect(Self.verdict(Self.delivery(Self.headers(), flipped)) == .forged, "body \(index).\(bit)")
            }
        }
        for index in 0..<Self.published.id.utf8.count {
            for bit in 0..<7 {
                var id = Array(Self.published.id.utf8)
                id[index] ^= 1 << UInt8(bit)
                let headers = Self.headers(id: String(decoding: id, as: UTF8.self))
                #expect(Self.verdict(Self.delivery(headers)) == .forged, "id \(index).\(bit)")
            }
        }
        #expect(Self.verdict(Self.delivery(Self.headers(time: "1614265331"))) == .forged)
        #expect(Self.verdict(Self.delivery(Self.headers(time: "01614265330"))) == .forged)
    }

    @Test func `each bit of the signature counts, and only its one spelling`() throws {
        let code = try #require(Data(base64Encoded: String(Self.published.signature.dropFirst(3))))
        for index in code.indices {
            for bit in 0..<8 {
                var flipped = code
                flipped[index] ^= 1 << UInt8(bit)
                let headers = Self.headers(signature: "v1," + flipped.base64EncodedString())
                #expect(Self.verdict(Self.delivery(headers)) == .forged, "\(index).\(bit)")
            }
        }
        // The last two bits of the last letter say nothing about the bytes.
        for letter in ["F", "G", "H"] {
            let other = Self.published.signature.replacingOccurrences(of: "OE=", with: "O\(letter)=")
            #expect(Self.verdict(Self.delivery(Self.headers(signature: other))) == .forged, "\(letter)")
        }
    }

    @Test(arguments: [
        "", "v1", "v1,", "v1,====", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
        "v1, g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ])
    func `a head that can prove nothing is refused before the body`(signature: String) {
        let delivery = Self.delivery(Self.headers(signature: signature))
        #expect(!StandardWebhooks().mayBeAuthentic(head: delivery))
        #expect(Self.verdict(delivery) == .forged)
    }

    @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
    func `each header must be there`(name: String) {
        for value in [nil, ""] as [String?] {
            var headers = Self.headers()
            headers[name] = value
            #expect(!StandardWebhooks().mayBeAuthentic(head: Self.delivery(headers)))
        }
    }

    @Test(arguments: [
        "-1614265330", "+1614265330", "1614265330.0", "0x60379532", "1614265330 ", "99999999999999999999",
    ])
    func `a time that is no number of seconds proves nothing`(time: String) {
        #expect(!StandardWebhooks().mayBeAuthentic(head: Self.delivery(Self.headers(time: time))))
    }

    @Test(
        arguments: [(0, true), (300, true), (-300, true), (301, false), (-301, false), (1 << 33, false)]
            as [(Int64, Bool)])
    func `five minutes off is in time, a second more is not`(late: Int64, isInTime: Bool) {
        let delivery = Self.delivery(Self.headers(), now: 1_614_265_330 + late)
        #expect(Self.verdict(delivery) == (isInTime ? .authentic : .stale))
        // Of a forged one it is not even said that it is old.
        #expect(Self.verdict(delivery, ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]) == .forged)
    }

    @Test(arguments: ["", "whsec_", "whsec_AAAA", "whsec_not base64", "whpk_AAAA", "open sesame"])
    func `a secret that is no key opens nothing, and is told`(secret: String) {
        #expect(StandardWebhooks().objection(to: Secret(secret)) != nil)
        #expect(Self.verdict(Self.delivery(Self.headers()), [secret]) == .forged)
    }

    // MARK: - The event

    @Test func `the payload's type names the event, and the sender's id is one event`() throws {
        let body = #"{"type":"invoice.paid","timestamp":"2021-02-25T15:02:10Z","data":{"id":7}}"#
        let source = StandardWebhooks()
        let made = try #require(try source.content(of: try Self.signed(body), identity: nil).events.first)
        #expect(made.event.type == "invoice.paid")
        #expect(made.event.system == "billing" && made.event.source == "/billing/invoices")
        #expect(made.event.subject == nil && made.event.guildEvent == nil && made.event.containers == [])
        #expect(made.event.sender == nil && !made.event.isOwn && made.claim == nil)
        #expect(made.event.payload == Array(body.utf8))
        #expect(source.replay == .byID)
        let again = try source.content(of: try Self.signed(body, time: 1_614_265_400), identity: nil).events.first
        #expect(again?.event.id == made.event.id)
        let other = try source.content(of: try Self.signed(body, id: "msg_2"), identity: nil).events.first
        #expect(other?.event.id != made.event.id)
        let unnamed = try source.content(of: try Self.signed(#"{"test": 2}"#), identity: nil).events.first
        #expect(unnamed?.event.type == "webhook")
        // JSON may begin and end with white space.
        let spaced = try source.content(of: try Self.signed(" {} "), identity: nil).events.first
        #expect(spaced?.event.type == "webhook")
    }

    @Test(arguments: [
        "", "null", "[]", "1.2", "\"x\"", "{", "{}{}", #"{"type":7}"#, #"{"type":""}"#, #"{"type":"a b"}"#,
        #"{"type":"a*"}"#, #"{"type":"é"}"#, "\u{FEFF}{}",
    ])
    func `a signed body that makes no event is refused`(body: String) throws {
        let delivery = try Self.signed(body)
        #expect(Self.verdict(delivery) == .authentic)
        #expect(throws: WebhookRefusal.self) { try StandardWebhooks().content(of: delivery, identity: nil) }
    }

    @Test func `what was signed cannot be cut in another place`() throws {
        // `ID.TIME.BODY`, with a body that begins like a time.
        let genuine = try Self.signed("1614265330.5", id: "a.1614265330")
        var shifted = genuine.headers
        shifted["webhook-id"] = "a"
        let forged = Self.delivery(shifted, Array("1614265330.1614265330.5".utf8))
        // The bytes are the same, so the signature is valid; that the body is no object refuses it.
        #expect(Self.verdict(forged) == .authentic)
        #expect(throws: WebhookRefusal.self) { try StandardWebhooks().content(of: forged, identity: nil) }
    }
}
