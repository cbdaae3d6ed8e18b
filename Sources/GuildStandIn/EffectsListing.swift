import Foundation
import GuildDomain
import GuildTransport

/// Prints the GitHub writes that a running stand-in received: `GuildStandIn effects URL`.
struct EffectsListing {
    let url: String

    func show() async throws {
        let client = HTTPClient()
        defer { client.shutdown() }
        let response = try await client.send(HTTPRequest(url: url + "/__standin/requests"))
        let requests = try JSONParser.parse(response.body).array ?? []
        for request in requests {
            guard let method = request["method"]?.string, let path = request["path"]?.string,
                path.hasPrefix("/repos/"), method != "GET"
            else { continue }
            print("\(method) \(path)")
            let body = request["body"] ?? .null
            if let text = body["body"]?.string {
                print(
                    text.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }.joined(
                        separator: "\n"))
            } else {
                print("    \(body.string ?? body.text())")
            }
        }
    }
}
