import GuildDomain

/// What a provider says in an error, made fit for a person's terminal.
enum ProviderWords {
    /// The text on one line, without control characters, cut at `AnswerLimits.reasonCharacters`.
    static func excerpt(_ text: String, characters: Int = AnswerLimits.reasonCharacters) -> String {
        var line = ""
        var count = 0
        for character in text {
            guard count < characters else { return line + "…" }
            let isPlain = character.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
            }
            line.append(isPlain ? character : " ")
            count += 1
        }
        return line
    }

    /// The text with each occurrence of `secret` hidden, also of its beginning where an excerpt was cut within it.
    static func blotted(_ text: String, secret: String) -> String {
        let dots = "••••"
        let clean = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: dots)
        guard clean.hasSuffix("…") else { return clean }
        let stem = clean.dropLast()
        for length in stride(from: secret.count - 1, through: shortestBlotted, by: -1)
        where stem.hasSuffix(secret.prefix(length)) {
            return stem.dropLast(length) + dots + "…"
        }
        return clean
    }

    /// Fewer characters of a secret give nothing away.
    private static let shortestBlotted = 4

    /// The message inside the body of an error response: `{"error": {"message"}}`, `{"error": "…"}`, `{"message"}`,
    /// `{"detail"}`, or the beginning of whatever else came.
    static func reason(body: [UInt8]) -> String {
        // An error page need not be JSON; its text is the reason then.
        guard let json = try? JSONParser.parse(body) else {
            return excerpt(String(decoding: body.prefix(AnswerLimits.reasonCharacters * 4), as: UTF8.self))
        }
        return excerpt(reason(json) ?? json.text())
    }

    static func reason(_ json: JSONValue) -> String? {
        // Some gateways wrap the error in a list.
        let error = json.array?.first?["error"] ?? json["error"]
        if let message = error?["message"]?.string {
            let type = error?["type"]?.string ?? error?["code"]?.string
            return type.map { "\($0): \(message)" } ?? message
        }
        return error?.string ?? json["message"]?.string ?? json["detail"]?.string
    }
}
