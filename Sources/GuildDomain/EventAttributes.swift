/// The parts of an event that nothing looks it up by: attributes that the sender of a CloudEvent set and guild does
/// not know, and the endpoint that a webhook came by.
package struct EventAttributes: Sendable, Hashable {
    /// The media type that data has if nothing is said (CloudEvents 1.0.2, JSON Event Format, 3.1).
    package static let json = "application/json"

    /// Of the data, as sent; nil for `json`, said or not.
    package var contentType: String?
    /// The payload is a JSON string with the base64 of bytes that are neither JSON nor text.
    package var isBinary = false
    /// The sender's extensions and `dataschema`: strings, whole numbers and booleans.
    package var extensions = JSONObject()
    /// The name of the system's WebhookEndpoint that it came by; nil for one that came another way. The gateway sets it,
    /// never the sender.
    package var endpoint: String?

    /// No attributes.
    package init() {}

    /// Whether there is nothing to store.
    package var isEmpty: Bool { contentType == nil && !isBinary && extensions.isEmpty && endpoint == nil }
}

// MARK: In the ledger

extension EventAttributes {
    /// The form in the ledger.
    package var stored: JSONValue {
        var object = JSONObject()
        if let contentType { object["contenttype"] = .string(contentType) }
        if isBinary { object["binary"] = true }
        if !extensions.isEmpty { object["extensions"] = .object(extensions) }
        if let endpoint { object["endpoint"] = .string(endpoint) }
        return .object(object)
    }

    /// Reads the result of `stored`.
    package init(stored: JSONValue) {
        contentType = stored["contenttype"]?.string
        isBinary = stored["binary"]?.bool == true
        extensions = stored["extensions"]?.object ?? JSONObject()
        endpoint = stored["endpoint"]?.string
    }
}
