import GuildConnectors
import GuildDomain

/// A provider's error text, made safe for a terminal.
enum ProviderWords {
    /// The text on one line, its secrets masked, then without control characters and cut after `characters`. Masked first,
    /// because half a secret at a cut would no longer be known for one; cut by scalars, because one visible character may
    /// have any number of them.
    static func excerpt(
        _ text: String, _ redactor: Redactor? = nil, characters: Int = AnswerLimits.reasonCharacters
    ) -> String {
        var line = String.UnicodeScalarView()
        var count = 0
        for scalar in (redactor?.masked(text) ?? text).unicodeScalars {
            guard count < characters else { return String(line) + "…" }
            let isPlain = ![.control, .format, .lineSeparator, .paragraphSeparator].contains(
                scalar.properties.generalCategory)
            line.append(isPlain ? scalar : " ")
            count += 1
        }
        return String(line)
    }

    /// The message inside the body of an error response: `{"error": {"message"}}`, `{"error": "…"}`, `{"message"}`,
    /// `{"detail"}`, or the beginning of any other body.
    static func reason(body: [UInt8], _ redactor: Redactor) -> String {
        // An error page need not be JSON; its text is the reason then.
        guard let json = try? JSONParser.parse(body) else {
            return excerpt(String(decoding: body, as: UTF8.self), redactor)
        }
        return excerpt(reason(json) ?? json.text(), redactor)
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
