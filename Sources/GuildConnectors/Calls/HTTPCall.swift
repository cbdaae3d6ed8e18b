import GuildDomain

/// A request of one operation, before it has an address, a credential and the headers that all requests of its system
/// share.
struct HTTPCall: Sendable {
    var method = "GET"
    /// From the slash after the base address, query included; each part that came from outside is percent-encoded.
    var path: String
    var body: JSONValue?
    /// In the place of the system's own of that name.
    var headers = Headers()

    init(_ path: String) { self.path = path }

    init(_ method: String, _ path: String, _ body: JSONValue? = nil) {
        self.method = method
        self.path = path
        self.body = body
    }

    /// The same with one more field in its query.
    func adding(_ name: String, _ value: String) -> HTTPCall {
        var call = self
        call.path +=
            (path.contains("?") ? "&" : "?") + PercentEncoding.segment(name) + "="
            + PercentEncoding.segment(value)
        return call
    }
}
