import Crypto
package import GuildCodex
package import GuildDomain

/// One request to a webhook endpoint, as it came. Nothing in it is believed before its source has found it authentic.
package struct WebhookDelivery: Sendable {
    /// The endpoint's `system:`; the prefix of each event's source.
    package let system: String
    /// The name of the WebhookEndpoint; one delivery id is one event per endpoint.
    package let endpoint: String
    /// The endpoint's settings for authentication, beside its secrets.
    package let settings: WebhookAuthentication
    /// The method of the request.
    package let method: WebhookMethod
    /// The query's fields, decoded, in order.
    package let query: [(name: String, value: String)]
    /// The headers of the request.
    package let headers: Headers
    /// Raw, as it was signed; empty while only the head is looked at.
    package let body: [UInt8]
    /// The time of arrival.
    package let receivedAt: Timestamp

    package init(
        system: String, endpoint: String, settings: WebhookAuthentication = WebhookAuthentication(),
        method: WebhookMethod = .post, query: [(name: String, value: String)] = [], headers: Headers, body: [UInt8],
        receivedAt: Timestamp
    ) {
        self.system = system
        self.endpoint = endpoint
        self.settings = settings
        self.method = method
        self.query = query
        self.headers = headers
        self.body = body
        self.receivedAt = receivedAt
    }

    /// The id of the event that a delivery holds, from the sender's id for it: a redelivery has the same.
    ///
    /// - Parameter index: the place in a delivery that holds several.
    package func eventID(delivery id: String, index: Int = 0) -> EventID {
        EventID(derivedFrom: [system, endpoint, id] + (index == 0 ? [] : ["\(index)"]))
    }

    /// The digests that identify an event whose sender signs neither id nor time: SHA-256 over system, endpoint, type
    /// and body.
    ///
    /// - Parameter index: the place in a delivery that holds several events.
    /// - Returns: the digest for a type; the body is hashed once.
    package func bodyDigests(index: Int = 0) -> (_ type: String) -> [UInt8] {
        let content = Array(SHA256.hash(data: body))
        let place = index == 0 ? "" : "\(index)\0"
        return { type in
            Array(SHA256.hash(data: Array("\(system)\0\(endpoint)\0\(type)\0\(place)".utf8) + content))
        }
    }

    /// A header that must be there.
    package func header(_ name: String) throws(WebhookRefusal) -> String {
        guard let value = headers[name], !value.isEmpty else { throw .missingHeader(name) }
        return value
    }

    /// The sender's id of the delivery: visible ASCII, of bounded length.
    package func deliveryID(in header: String, longest: Int = 128) throws(WebhookRefusal) -> String {
        let id = try self.header(header)
        guard id.utf8.count <= longest, id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformedHeader(header, expected: "at most \(longest) visible ASCII characters")
        }
        return id
    }
}
