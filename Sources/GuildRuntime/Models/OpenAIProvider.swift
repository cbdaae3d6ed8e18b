import GuildDomain

/// OpenAI's chat completions and everything compatible (Ollama, vLLM, llama.cpp, OpenRouter), streaming always.
package struct OpenAIProvider: ModelProvider {
    /// The provider's name in the registry.
    package var name: String { connection.provider }

    private let connection: ProviderConnection
    private let model: String
    private let isRelay: Bool
    private let dialects: OpenAIDialects

    /// - Parameters:
    ///   - model: for requests that name none.
    ///   - isRelay: whether a server that is not OpenAI's own offers OpenAI's models.
    ///   - dialects: the discovered dialects of servers, shared by the providers of a process.
    package init(
        _ connection: ProviderConnection, model: String = "", isRelay: Bool = false,
        dialects: OpenAIDialects = OpenAIDialects()
    ) {
        self.connection = connection
        self.model = model
        self.isRelay = isRelay
        self.dialects = dialects
    }

    /// Sends the request and streams the answer.
    package func complete(
        _ request: ModelRequest, onDelta: @escaping @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn {
        var request = request
        if request.model.isEmpty { request.model = model }
        let key = try await connection.resolvedKey()
        let names = WireToolNames(request.tools)
        let (url, isOpenAI) = Self.endpoint(connection.baseURL)
        var headers = Headers()
        if let key { headers["authorization"] = "Bearer \(key)" }
        var dialect =
            dialects.dialect(of: url, request.model)
            ?? OpenAIDialect(model: request.model, isOpenAI: isOpenAI, isRelay: isRelay)
        return try await connection.stream(
            to: url, headers: headers, body: OpenAIRequest(request: request, names: names, dialect: dialect).body,
            of: request,
            into: OpenAIStream(
                provider: name, model: request.model, names: names, idSeed: request.messages.count,
                outputLimit: request.outputLimit, redactor: connection.redactor),
            correct: { [request] refusal in
                guard let other = dialect.corrected(by: refusal) else { return nil }
                dialect = other
                dialects.learn(other, of: url, request.model)
                return OpenAIRequest(request: request, names: names, dialect: other).body
            }, onDelta: onDelta)
    }

    /// The address of the chat completions below a base with or without `/v1`, and whether it is OpenAI's own.
    static func endpoint(_ base: String) -> (url: String, isOpenAI: Bool) {
        let address = ProviderAddress(base, without: ["/chat/completions"])
        let path = address.hasVersion ? "/chat/completions" : "/v1/chat/completions"
        return (address.path(path), address.host == "api.openai.com")
    }
}
