import Crypto
import Foundation
import GuildDomain

/// Signed deliveries, each with a body of its own: the number is another in each. Their signatures are made
/// beforehand, so that making them takes nothing from what is measured.
final class Deliveries {
    static let secret = "benchmark-secret"

    private static let marker = "\"number\":10000000"
    private static let digits = 8
    private static let first = 10_000_000
    /// Numbers have eight digits.
    private static let last = 99_999_999

    let body: [UInt8]
    private let numberOffset: Int
    private let key = SymmetricKey(data: Array(secret.utf8))
    private var signatures: [[UInt8]] = []
    private var used = 0
    private var next = first

    init(payload: [UInt8]) throws {
        body = payload
        let marker = Array(Self.marker.utf8)
        let starts = payload.indices.dropLast(marker.count)
        guard let start = starts.first(where: { payload[$0...].starts(with: marker) }) else {
            throw Failure(.usage, "the payload does not hold \(Self.marker)")
        }
        numberOffset = start + marker.count - Self.digits
    }

    /// Signs until `count` deliveries are ready.
    func prepare(_ count: Int) {
        signatures.removeFirst(used)
        used = 0
        var body = body
        while signatures.count < count, next <= Self.last {
            Self.write(next, into: &body, at: numberOffset)
            let code = HMAC<SHA256>.authenticationCode(for: body, using: key)
            signatures.append(code.flatMap { [Hex.digits[Int($0 >> 4)], Hex.digits[Int($0 & 15)]] })
            next += 1
        }
    }

    /// The head and body of a request, with room for what differs.
    func template(path: String) -> RequestTemplate {
        var head = """
            POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: GitHub-Hookshot/044aadd\r\n\
            Content-Type: application/json\r\nX-GitHub-Event: issues\r\n\
            X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c93
            """
        let delivery = head.utf8.count
        head += "00000000\r\nX-Hub-Signature-256: sha256="
        let signature = head.utf8.count
        head += String(repeating: "0", count: 64) + "\r\nContent-Length: \(body.count)\r\n\r\n"
        return RequestTemplate(
            bytes: Array(head.utf8) + body, deliveryOffset: delivery, signatureOffset: signature,
            numberOffset: head.utf8.count + numberOffset)
    }

    /// Makes `request` the next delivery.
    ///
    /// - Returns: whether one was ready.
    func fill(_ request: inout RequestTemplate) -> Bool {
        guard used < signatures.count else { return false }
        let number = next - signatures.count + used
        Self.write(number, into: &request.bytes, at: request.numberOffset)
        Self.write(number, into: &request.bytes, at: request.deliveryOffset)
        request.bytes.replaceSubrange(
            request.signatureOffset..<request.signatureOffset + 64, with: signatures[used])
        used += 1
        return true
    }

    private static func write(_ number: Int, into bytes: inout [UInt8], at offset: Int) {
        var rest = number
        for index in (offset..<offset + digits).reversed() {
            bytes[index] = 0x30 + UInt8(rest % 10)
            rest /= 10
        }
    }

    private enum Hex { static let digits = Array("0123456789abcdef".utf8) }
}

/// A request as it goes out, and where in it a delivery differs from the next.
struct RequestTemplate {
    var bytes: [UInt8]
    let deliveryOffset: Int
    let signatureOffset: Int
    let numberOffset: Int
}
