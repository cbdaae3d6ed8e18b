import GuildCodex
import GuildDomain
import Mustache

/// A prompt of the codex, which is Mustache. Only the codex's own text is ever compiled; the contents of an event or of
/// a person's request are values, rendered as text.
struct PromptTemplate: Sendable {
    /// Why a prompt cannot be rendered.
    struct Invalid: GuildError, Equatable {
        let agent: String
        let reason: String

        var kind: ErrorKind { .invalidCodex }
        var message: String { "the prompt of agent \(agent): \(reason)" }
        var hint: String? { "a prompt is a Mustache template: see https://mustache.github.io/mustache.5.html" }
    }

    /// A section over a long list could grow without end.
    static let largestRenderedBytes = 1 << 20

    private let template: MustacheTemplate
    private let agent: String

    init(_ text: String, agent: String) throws(Invalid) {
        // The engine's parser recurses as deeply as sections are nested, so it only sees checked text.
        if let error = PromptCheck.findings(in: text).first(where: { $0.severity == .error }) {
            throw Invalid(agent: agent, reason: "line \(error.line): \(error.found)")
        }
        self.agent = agent
        do {
            // The pragma turns HTML escaping off: a prompt is text.
            template = try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + text)
        } catch let error as MustacheTemplate.ParserError {
            throw Invalid(agent: agent, reason: "line \(error.context.lineNumber): \(error.error)")
        } catch {
            throw Invalid(agent: agent, reason: "\(error)")
        }
    }

    func render(_ context: JSONValue) throws(Invalid) -> String {
        let text = template.render(PromptValue.of(context))
        guard text.utf8.count <= Self.largestRenderedBytes else {
            throw Invalid(agent: agent, reason: "rendered it is larger than \(Self.largestRenderedBytes) bytes")
        }
        return text
    }
}
