/// The limits past which a listener refuses requests or closes connections.
package struct HTTPLimits: Sendable, Hashable {
    /// When there are more, the one that has been quiet for longest is closed; those with a request in work stay.
    package var maxConnections: Int
    /// The same for the connections of one peer that is not a trusted proxy.
    package var connectionsPerAddress: Int
    /// Requests whose handlers run at the same time; one more is answered 503 with `Retry-After`.
    package var maxRequestsInFlight: Int
    /// Bytes of bodies in memory, over all connections. When that is full, a body that has stalled, that is slower or
    /// that is larger is dropped (`BodyBudget`); a request that finds no room is answered 503 with `Retry-After`.
    package var bufferedBodyBytes: Int
    /// The same for one client address; beyond it a request is answered 429.
    package var bodyBytesPerAddress: Int
    /// Answers that clients have not taken yet, over all connections; beyond it a client that is slow to read is cut off.
    package var unsentAnswerBytes: Int
    /// Request line and header fields of one request; more is answered 431.
    package var headerBytes: Int
    /// Header fields of one request; more is answered 431.
    package var headerFields: Int
    /// From the connection's beginning to its first byte.
    package var firstByteTimeout: Duration
    /// From the first byte of a header to its end.
    package var headTimeout: Duration
    /// From the end of the header to the end of the body; a slower body is answered 408.
    package var bodyTimeout: Duration
    /// For the client to take an answer, or a piece of a streamed one.
    package var answerTimeout: Duration
    /// A connection on which no further request comes is closed.
    package var idleTimeout: Duration
    /// How long requests in flight may still run after a graceful shutdown has begun.
    package var drainTimeout: Duration
    /// The value of `Retry-After` when the listener is full, in whole seconds.
    package var retryAfterSeconds: Int

    package init(
        maxConnections: Int = 1024, connectionsPerAddress: Int = 256, maxRequestsInFlight: Int = 1024,
        bufferedBodyBytes: Int = 48 << 20, bodyBytesPerAddress: Int = 32 << 20, unsentAnswerBytes: Int = 32 << 20,
        headerBytes: Int = 16 << 10, headerFields: Int = 100, firstByteTimeout: Duration = .seconds(5),
        headTimeout: Duration = .seconds(10), bodyTimeout: Duration = .seconds(30),
        answerTimeout: Duration = .seconds(30), idleTimeout: Duration = .seconds(20),
        drainTimeout: Duration = .seconds(20), retryAfterSeconds: Int = 1
    ) {
        self.maxConnections = max(1, maxConnections)
        self.connectionsPerAddress = max(1, connectionsPerAddress)
        self.maxRequestsInFlight = max(1, maxRequestsInFlight)
        self.bufferedBodyBytes = max(1, bufferedBodyBytes)
        self.bodyBytesPerAddress = max(1, bodyBytesPerAddress)
        self.unsentAnswerBytes = max(1, unsentAnswerBytes)
        self.headerBytes = max(256, headerBytes)
        self.headerFields = max(1, headerFields)
        self.firstByteTimeout = firstByteTimeout
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.answerTimeout = answerTimeout
        self.idleTimeout = idleTimeout
        self.drainTimeout = drainTimeout
        self.retryAfterSeconds = max(0, retryAfterSeconds)
    }
}
