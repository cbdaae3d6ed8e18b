import GuildDomain

/// OpenAI's chat completions and everything compatible (Ollama, vLLM, llama.cpp, OpenRouter), streaming always.
package struct OpenAIProvider: ModelProvider {
    package var name: String { connection.provider }

    private let connection: ProviderConnection
    private let model: String

    /// - Parameter model: for requests that name none.
    package init(_ connection: ProviderConnection, model: String = "") {
        self.connection = connection
        self.model = model
    }

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
        return try await connection.stream(
            to: url, headers: headers,
            body: OpenAIRequest(request: request, names: names, isOpenAI: isOpenAI).body,
            outputLimit: request.outputLimit, inputLimit: request.reservedInputTokens,
            into: OpenAIStream(
                provider: name, model: request.model, names: names, idSeed: request.messages.count,
                outputLimit: request.outputLimit, redactor: connection.redactor),
            onDelta: onDelta)
    }

    /// The address of the chat completions below a base with or without `/v1`, and whether it is OpenAI's own.
    static func endpoint(_ base: String) -> (url: String, isOpenAI: Bool) {
        let address = ProviderAddress(base, without: ["/chat/completions"])
        let path = address.hasVersion ? "/chat/completions" : "/v1/chat/completions"
        return (address.path(path), address.host == "api.openai.com")
    }
}
