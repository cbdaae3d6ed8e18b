import GuildDomain

/// The meaning of a vendor's error object, wherever it came: in the body of a refusal, as JSON under a status of
/// success, or inside a stream.
enum ProviderErrorCode {
    /// The vendors' words for HTTP statuses.
    private static let statuses: [String: Int] = [
        "invalid_request_error": 400, "invalid_argument": 400, "authentication_error": 401, "unauthenticated": 401,
        "invalid_api_key": 401, "billing_error": 402, "permission_error": 403, "permission_denied": 403,
        "not_found_error": 404, "not_found": 404, "model_not_found": 404, "request_too_large": 413,
        "context_length_exceeded": 400, "conflict_error": 409, "rate_limit_error": 429, "rate_limit_exceeded": 429,
        "rate_limit": 429, "too_many_requests": 429, "resource_exhausted": 429, "requests": 429, "tokens": 429,
        "api_error": 500, "server_error": 500, "internal_error": 500, "internal_server_error": 500, "internal": 500,
        "bad_gateway": 502, "service_unavailable": 503, "unavailable": 503, "engine_overloaded": 503,
        "overloaded": 529, "overloaded_error": 529, "timeout": 504, "timeout_error": 504, "gateway_timeout": 504,
        "deadline_exceeded": 504,
    ]

    /// Statuses by which a server says that the same request may succeed later. Proxies have some of their own between
    /// 500 and 599 (Cloudflare's 520 to 530, Anthropic's 529).
    static func isTransient(_ status: Int) -> Bool {
        [408, 409, 425, 429].contains(status) || (500..<600).contains(status)
    }

    /// The error object in a body: some gateways wrap it in a list.
    static func error(in body: JSONValue) -> JSONValue? {
        let error = (body.array?.first ?? body)["error"]
        return error.flatMap { $0.isNull ? nil : $0 }
    }

    /// The HTTP status of the body's error: its number, or the number for its vendor's word.
    static func status(in body: JSONValue) -> Int? {
        guard let error = error(in: body) else { return nil }
        let fields = ["code", "status", "status_code", "type"].flatMap { [error[$0], body[$0]] }.compactMap { $0 }
        for field in fields {
            let number = field.integer ?? field.string.flatMap { Int64($0) }
            if let number, (100..<600).contains(number) { return Int(number) }
        }
        let words = fields.compactMap { $0.string?.lowercased() }
        return words.compactMap { statuses[$0] }.first
    }

    /// Waiting does not refill an empty account, whatever the status.
    static func isOutOfQuota(_ body: JSONValue) -> Bool {
        guard let error = error(in: body) else { return false }
        return [error["code"], error["type"], error["status"]].contains { word in
            ["insufficient_quota", "billing_error", "insufficient_balance", "billing_hard_limit_reached"]
                .contains(word?.string?.lowercased())
        }
    }

    private static let unknownWords = [
        "unsupported", "not support", "unrecognized", "unknown", "unexpected", "not permitted", "not allowed",
    ]

    /// The one of `parameters` that a server says it does not take, by the error's `param`, or by its words if it has
    /// none: OpenAI itself gives `stream_options` no code, and gateways give nothing one.
    static func parameter(refusedBy refusal: JSONValue, of parameters: [String]) -> String? {
        guard let error = ProviderErrorCode.error(in: refusal) else { return nil }
        let texts = [error["code"], error["message"], error].compactMap { $0?.string }
        let words = texts.joined(separator: " ").lowercased()
        guard unknownWords.contains(where: { words.contains($0) }) else { return nil }
        if let named = error["param"]?.string { return parameters.first { $0 == named } }
        return parameters.first { words.contains($0) }
    }
}
