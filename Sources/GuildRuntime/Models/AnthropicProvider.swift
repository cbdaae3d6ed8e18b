import GuildDomain

/// The Anthropic Messages API, streaming always, with prompt caching.
package struct AnthropicProvider: ModelProvider {
    /// The version of the API that requests name.
    package static let version = "2023-06-01"

    /// The provider's name in the registry.
    package var name: String { connection.provider }

    private let connection: ProviderConnection
    private let model: String

    /// - Parameter model: for requests that name none.
    package init(_ connection: ProviderConnection, model: String = "") {
        self.connection = connection
        self.model = model
    }

    /// Sends the request and streams the answer.
    package func complete(
        _ request: ModelRequest, onDelta: @escaping @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn {
        var request = request
        if request.model.isEmpty { request.model = model }
        let key = try await connection.resolvedKey()
        let names = WireToolNames(request.tools)
        var headers: Headers = ["anthropic-version": Self.version]
        headers["x-api-key"] = key
        return try await connection.stream(
            to: Self.endpoint(connection.baseURL), headers: headers,
            body: AnthropicRequest(request: request, names: names).body, of: request,
            into: AnthropicStream(
                provider: name, model: request.model, names: names, idSeed: request.messages.count,
                outputLimit: request.outputLimit,
                redactor: connection.redactor),
            onDelta: onDelta)
    }

    /// The address of the messages below a base that may already have `/v1` or the whole path.
    static func endpoint(_ base: String) -> String {
        ProviderAddress(base, without: ["/messages", "/v1"]).path("/v1/messages")
    }
}
