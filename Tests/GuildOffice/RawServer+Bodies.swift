package import GuildDomain
package import GuildTestSupport

extension RawServer {
    /// The bodies of the requests so far.
    package var bodies: [JSONValue] {
        get throws { try requests.map { try JSONParser.parse($0.body.isEmpty ? Array("null".utf8) : $0.body) } }
    }
}
