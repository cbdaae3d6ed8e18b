/// What a listener takes before it refuses or closes.
package struct HTTPLimits: Sendable, Hashable {
    /// More connections wait in the system's backlog until one closes.
    package var maxConnections: Int
    /// Requests whose handlers run at the same time; one more is answered 503 with `Retry-After`.
    package var maxRequestsInFlight: Int
    /// Bodies held in memory, over all connections; beyond it a request is answered 503 with `Retry-After`.
    package var bufferedBodyBytes: Int
    /// Request line and header fields of one request; more is answered 431.
    package var headerBytes: Int
    /// From the end of the header to the end of the body; a slower body is answered 408.
    package var bodyTimeout: Duration
    /// A connection on which no request comes is closed, and one whose client does not take the answer.
    package var idleTimeout: Duration
    /// How long requests in flight may still run after a graceful shutdown has begun.
    package var drainTimeout: Duration
    /// What `Retry-After` says when the listener is full, in whole seconds.
    package var retryAfterSeconds: Int

    package init(
        maxConnections: Int = 4096, maxRequestsInFlight: Int = 1024, bufferedBodyBytes: Int = 256 << 20,
        headerBytes: Int = 32 << 10, bodyTimeout: Duration = .seconds(30), idleTimeout: Duration = .seconds(60),
        drainTimeout: Duration = .seconds(20), retryAfterSeconds: Int = 1
    ) {
        self.maxConnections = max(1, maxConnections)
        self.maxRequestsInFlight = max(1, maxRequestsInFlight)
        self.bufferedBodyBytes = max(1, bufferedBodyBytes)
        self.headerBytes = max(256, headerBytes)
        self.bodyTimeout = bodyTimeout
        self.idleTimeout = idleTimeout
        self.drainTimeout = drainTimeout
        self.retryAfterSeconds = max(0, retryAfterSeconds)
    }
}
