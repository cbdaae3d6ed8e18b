import GuildConnectors
import GuildDomain
import GuildTransport

/// A body under a status of success without a single event: the whole answer of a server that does not stream, an
/// error, or something that is not a model's answer at all.
struct UnstreamedAnswer {
    let provider: String
    let headers: Headers
    let body: [UInt8]
    let now: Timestamp
    let redactor: Redactor

    /// How much of the body a message shows.
    private static let shownCharacters = 80

    /// - Returns: why `assembly` has no answer; nil if it has one, or if its own words suffice.
    func read<Assembly: AnswerStream>(
        into assembly: inout Assembly, onDelta: (ModelDelta) -> Void
    ) -> ModelFailure? {
        let limits = JSONParser.Limits(bytes: AnswerLimits.answerBytes, depth: AnswerLimits.eventDepth)
        // A body that is not JSON is not an answer; the code below says what it is.
        guard let json = try? JSONParser.parse(body, limits: limits), json.object != nil || json.array != nil else {
            return isFromModel ? body.isEmpty ? nil : .broken(provider: provider, reason: reason) : foreign
        }
        if ProviderErrorCode.error(in: json) != nil || (json["choices"] == nil && ProviderWords.reason(json) != nil) {
            // Only the error's usage counts here.
            _ = try? assembly.apply(event: nil, data: json.text())
            return ProviderRefusal(
                provider: provider, status: 200, headers: headers, body: body, now: now, redactor: redactor
            ).failure()
        }
        do throws(ModelFailure) {
            for delta in try assembly.apply(event: nil, data: json.text()) { onDelta(delta) }
        } catch {
            return error
        }
        return assembly.isAnswered ? nil : .broken(provider: provider, reason: reason)
    }

    /// Whether a model may have been at work: a stream was promised, or JSON began.
    private var isFromModel: Bool {
        let type = headers["content-type"]?.lowercased() ?? ""
        return type.hasPrefix("text/event-stream") || body.first { $0 > 0x20 } == UInt8(ascii: "{")
    }

    /// Whether its type alone shows that it is not a model's answer, however it ended.
    var isPage: Bool {
        let type = headers["content-type"]?.lowercased() ?? ""
        return !type.isEmpty && !type.hasPrefix("application/json") && !isFromModel
    }

    /// A page of a portal or a proxy: no model has seen the request, so nothing is owed.
    var foreign: ModelFailure { .retryable(provider: provider, reason: reason, retryAfter: nil) }

    private var reason: String {
        let type = headers["content-type"].map { "Content-Type \(excerpt($0))" } ?? "no Content-Type"
        let start = body.isEmpty ? "is empty" : "begins '\(excerpt(String(decoding: body, as: UTF8.self)))'"
        return "it answered with \(type), not with a stream of events; the body \(start)"
    }

    private func excerpt(_ text: String) -> String {
        ProviderWords.excerpt(text, redactor, characters: Self.shownCharacters)
    }
}
