import GuildDomain

extension HTTPRequest {
    /// Header lines of one request, names and values together.
    static let largestHeadBytes = 256 << 10

    /// Refuses anything that would change the shape of the request on the wire: a method or a header name that is not a
    /// token, a value with a line end or another control character, and framing headers that contradict the body (RFC
    /// 9110, sections 5.5, 5.6.2 and 9.1).
    func validate() throws(HTTPFailure) {
        let isMethod = method.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "-") }
        guard isMethod, (1...32).contains(method.utf8.count) else {
            throw .invalidRequest("the method must be 1 to 32 capital letters")
        }
        guard method != "CONNECT" else { throw .invalidRequest("CONNECT is reserved for proxies") }
        guard method != "HEAD" || body.isEmpty else { throw .invalidRequest("a HEAD request has no body") }
        var headBytes = 0
        for field in headers.fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(Self.isTokenByte) else {
                throw .invalidRequest("a header name is empty or has a character other than a token's")
            }
            guard field.value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
                throw .invalidRequest("the value of header '\(field.name)' has a control character")
            }
            headBytes += field.name.utf8.count + field.value.utf8.count + 4
        }
        guard headBytes <= Self.largestHeadBytes else {
            throw .invalidRequest("the headers are larger than \(Self.largestHeadBytes) bytes")
        }
        guard headers.all("Content-Length").allSatisfy({ $0 == String(body.count) }) else {
            throw .invalidRequest("Content-Length is not the length of the body")
        }
        guard headers["Transfer-Encoding"] == nil else {
            throw .invalidRequest("Transfer-Encoding is set by the client")
        }
        guard headers.all("Host").count <= 1 else { throw .invalidRequest("there is more than one Host header") }
    }

    /// The lines for curl: `name: value`, or `name;` if the value is empty, or `name:` to suppress curl's own.
    var headerLines: [String] {
        var lines: [String] = []
        for field in headers.fields where field.name.lowercased() != "content-length" {
            let isBlank = field.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(isBlank ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        if headers["Accept-Encoding"] == nil { lines.append("Accept-Encoding: identity") }
        // curl would say application/x-www-form-urlencoded, and wait up to a second for "100 Continue".
        if headers["Content-Type"] == nil { lines.append("Content-Type:") }
        if headers["Expect"] == nil { lines.append("Expect:") }
        return lines
    }

    /// Whether sending it twice is the same as once (RFC 9110, section 9.2.2).
    var isIdempotent: Bool { !["POST", "PATCH"].contains(method) }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
