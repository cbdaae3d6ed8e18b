import GuildDomain
import GuildTestSupport
import GuildTransport

extension HTTPClient {
    /// A client that the variables of the machine under the tests do not reach.
    static func plain(_ change: (inout HTTPClientSettings) -> Void = { _ in }) -> HTTPClient {
        var settings = HTTPClientSettings(environment: [:])
        change(&settings)
        return HTTPClient(settings: settings)
    }

    /// What `send` failed with; nil if it did not.
    func failure(_ request: HTTPRequest) async -> HTTPFailure? {
        do {
            _ = try await send(request)
            return nil
        } catch {
            return error
        }
    }
}

extension HTTPBody {
    /// All pieces, and what ended them.
    func drain() async -> (bytes: [UInt8], failure: HTTPFailure?) {
        var bytes: [UInt8] = []
        do {
            for try await piece in self { bytes += piece }
            return (bytes, nil)
        } catch {
            return (bytes, error)
        }
    }
}

extension HTTPFailure {
    var isTruncated: Bool { if case .truncated = self { true } else { false } }
}
