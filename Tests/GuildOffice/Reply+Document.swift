package import GuildDomain
package import GuildHTTP

extension Reply {
    /// The body as JSON.
    package var document: JSONValue {
        get throws {
            guard case .bytes(let bytes) = body else { throw Failure(.failed, "a stream") }
            return try JSONParser.parse(bytes)
        }
    }
}
