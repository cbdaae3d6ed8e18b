package import GuildDomain

/// One thing that the HTTP listener answers. The rooms make these; GuildHTTP serves them.
package struct Route: Sendable {
    /// The methods that routes answer.
    package enum Method: String, Sendable {
        case get = "GET", post = "POST", put = "PUT", delete = "DELETE", patch = "PATCH", options = "OPTIONS"
    }

    /// The callers that it admits.
    package enum Access: Sendable, Hashable {
        /// Anyone who reaches the listener: health, discovery, webhooks that carry their own signature.
        case open
        /// Anyone; a bearer token with this scope is shown more.
        case openWithMore(scope: String)
        /// A bearer token with this scope.
        case scope(String)
    }

    /// The method that it answers.
    package let method: Method
    /// `/agents/:name`; a segment with a colon is a parameter. A last segment `**` after fixed ones takes the rest as
    /// parameter `rest`, if no other route answers.
    package let path: String
    /// The callers that it admits.
    package let access: Access
    /// One sentence for `/openapi.json`.
    package let summary: String
    /// A larger body is answered 413 before it is read to its end.
    package let bodyLimitBytes: Int
    /// Checked by the listener before `handle` is called.
    package let parameters: [APIParameter]
    /// The description of its body; nil if it reads none.
    package let body: APIBody?
    /// The descriptions of its answers.
    package let answers: [APIAnswer]
    /// Refuses a request by its head, before its body is read; the request that it is given has none.
    package let refuse: (@Sendable (Request) -> Reply?)?
    /// Answers a request that was admitted and checked.
    package let handle: @Sendable (Request) async throws -> Reply

    /// - Parameters:
    ///   - body: its description in `/openapi.json`; the handler reads and checks it.
    ///   - answers: those of the handler; with none, `/openapi.json` describes no answer.
    ///   - refuse: called before the body is read, so it must be quick.
    package init(
        _ method: Method, _ path: String, access: Access, summary: String, bodyLimitBytes: Int = 1 << 20,
        parameters: [APIParameter] = [], body: APIBody? = nil, answers: [APIAnswer] = [],
        refuse: (@Sendable (Request) -> Reply?)? = nil,
        handle: @escaping @Sendable (Request) async throws -> Reply
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.summary = summary
        self.bodyLimitBytes = bodyLimitBytes
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.refuse = refuse
        self.handle = handle
    }
}

/// A request whose body has been read whole.
package struct Request: Sendable {
    /// The method as sent.
    package let method: String
    /// The path as sent, without the query.
    package let path: String
    /// The values of the path's parameters, percent-decoded.
    package let parameters: [String: String]
    /// The query's fields, decoded, in order.
    package let query: [(name: String, value: String)]
    /// The header fields.
    package let headers: Headers
    /// The body; empty until it has been read.
    package var body: [UInt8]
    /// The client's address, as far as trusted proxies report it.
    package let remoteAddress: String?
    /// The name of the bearer token, on a route that has a use for one.
    package var token: String?
    /// Whether the bearer token has the scope that shows more, on a route that shows more to some.
    package var isShownMore = false

    package init(
        method: String, path: String, parameters: [String: String] = [:], query: [(name: String, value: String)] = [],
        headers: Headers = Headers(), body: [UInt8] = [], remoteAddress: String? = nil
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// The announced length in `Content-Length`; nil without one, or with one that is not a number.
    package var declaredLength: Int? { headers["content-length"].flatMap { Int($0) } }

    /// The first value of a query parameter.
    package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// The answer of a route. Errors of a handler become `application/problem+json` (RFC 9457).
package struct Reply: Sendable {
    /// The body of a reply.
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Sent as the pieces come; an error ends the connection.
        case stream(AsyncThrowingStream<[UInt8], any Error>)
    }

    /// The HTTP status.
    package var status: Int
    /// The header fields, except those that the listener adds.
    package var headers: Headers
    /// The body.
    package var body: Body

    package init(status: Int, headers: Headers = Headers(), body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A reply with a JSON document.
    package static func json(_ value: JSONValue, status: Int = 200, headers: Headers = Headers()) -> Reply {
        var headers = headers
        headers["content-type"] = "application/json"
        return Reply(status: status, headers: headers, body: .bytes(value.bytes()))
    }

    /// RFC 9457. `detail` must hold nothing secret; without a title it has that of its status.
    package static func problem(
        status: Int, title: String? = nil, detail: String? = nil, headers: Headers = Headers()
    ) -> Reply {
        var headers = headers
        headers["content-type"] = "application/problem+json"
        var members: [(String, JSONValue)] = [
            ("type", "about:blank"), ("title", .string(title ?? Problems.title(status))), ("status", .integer(status)),
        ]
        if let detail { members.append(("detail", .string(detail))) }
        return Reply(status: status, headers: headers, body: .bytes(JSONValue.object(JSONObject(members)).bytes()))
    }
}
