/// The HTTP client: libcurl on a separate thread, with a continuation for each call.
///
/// It does not follow redirects, does not decode bodies (`Accept-Encoding: identity` unless the request sets it),
/// retries nothing that a server may have acted on, and keeps connections. An unused client costs nothing: its thread
/// begins with the first exchange and ends with `shutdown()` or with the client and the last of its streams.
package final class HTTPClient: Sendable {
    private let lease: CurlLoopLease

    /// A client that has not started its thread yet.
    package init(settings: HTTPClientSettings = .init()) { lease = CurlLoopLease(CurlLoop(settings: settings)) }

    /// Reads the response whole, up to the request's limit. Cancelling the task closes the connection.
    package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        let channel = try start(request, delivery: .whole)
        let head = try await channel.head().get()
        return HTTPResponse(status: head.status, headers: head.headers, body: channel.takeBody())
    }

    /// Returns once the final response's head is there; the body follows at the pace of its reader.
    package func stream(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPStream {
        let owner = HTTPStreamOwner(channel: try start(request, delivery: .streamed), lease: lease)
        let head = try await owner.channel.head().get()
        return HTTPStream(status: head.status, headers: head.headers, body: HTTPBody(owner: owner))
    }

    /// Ends all exchanges with `HTTPFailure.cancelled`, as every later one; returns before the thread has ended.
    package func shutdown() { loop.stop() }

    /// Returns when the thread has ended, or was never needed; call `shutdown()` first.
    package func waitUntilStopped() async { await loop.waitUntilStopped() }

    var loop: CurlLoop { lease.loop }

    private func start(_ request: HTTPRequest, delivery: HTTPChannel.Delivery) throws(HTTPFailure) -> HTTPChannel {
        guard !Task.isCancelled else { throw .cancelled }
        try request.validate()
        let target = try HTTPTarget(request.url, proxies: loop.settings.proxies)
        // A literal address is refused here too, because a proxy would connect to it without asking us.
        if let address = IPAddress(target.host), !request.addressPolicy.allows(address) {
            throw .forbiddenAddress(address.description)
        }
        let exchange = loop.nextExchange()
        let channel = HTTPChannel(exchange, host: target.host, delivery: delivery, loop: loop)
        let submission = HTTPSubmission(
            exchange: exchange, request: request, target: target, channel: channel, submittedAt: .now)
        loop.post(.start(submission))
        return channel
    }
}
