import Foundation
import GuildDomain
import Mustache

/// The key that distinguishes debounce windows: a Mustache template over the event, such as `{{subject}}` or
/// `{{data.issue.key}}`. Only the codex's own text is compiled; the event's content is rendered as text.
enum DebounceKey {
    /// Why an event is not debounced.
    struct Problem: Error, Equatable {
        let reason: String
    }

    private static let largestTemplateBytes = 4 << 10
    /// A longer key is known by its digest.
    private static let largestKeyBytes = 256
    /// A section repeats its text for each element of a list; in one another they would multiply.
    private static let mostSections = 1

    /// - Parameter template: nil takes the event's subject.
    static func render(_ template: String?, event: Event, json: JSONValue) throws(Problem) -> String {
        guard let template else { return try checked(event.subject ?? "", "the event has no subject") }
        guard template.utf8.count <= largestTemplateBytes else {
            throw Problem(reason: "its key's template is larger than \(largestTemplateBytes) bytes")
        }
        let sections = template.ranges(of: "{{#").count + template.ranges(of: "{{^").count
        guard sections <= mostSections else { throw Problem(reason: "its key has more than one section") }
        let compiled: MustacheTemplate
        do {
            // The pragma turns HTML escaping off: a key is text.
            compiled = try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + template)
        } catch let error as MustacheTemplate.ParserError {
            throw Problem(reason: "its key cannot be read: \(error.error)")
        } catch {
            throw Problem(reason: "its key cannot be read: \(error)")
        }
        var context = json.object ?? JSONObject()
        context["event"] = json
        return try checked(compiled.render(plain(.object(context))), "its key \(template) is empty")
    }

    /// The key with the event's container: a run that combines several events has one container.
    static func within(_ place: RunPlace, _ key: String) -> String {
        "\(place.key.utf8.count > largestKeyBytes ? digest(of: place.key) : place.key) \(key)"
    }

    private static func digest(of text: String) -> String { "digest:\(EventID(derivedFrom: [text]))" }

    private static func checked(_ key: String, _ problem: String) throws(Problem) -> String {
        let key = key.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !key.isEmpty else { throw Problem(reason: problem) }
        guard key.utf8.count > largestKeyBytes else { return key }
        return digest(of: key)
    }

    /// Mustache looks values up by the types they conform to.
    private static func plain(_ value: JSONValue) -> Any {
        switch value {
        // Nothing at all, so that a null renders like a missing value.
        case .null: ""
        case .bool(let flag): flag
        case .number(let number): number.description
        case .string(let text): text
        case .array(let elements): List(elements: elements)
        case .object(let object): Members(object: object)
        }
    }

    /// Written out, an object is JSON with sorted keys: a key must be the same in every process.
    private struct Members: MustacheParent, MustacheCustomRenderable {
        let object: JSONObject

        var isNull: Bool { false }
        var renderText: String { JSONValue.object(object).text(.canonical) }

        func child(named name: String) -> Any? { object[name].map(DebounceKey.plain) }
    }

    private struct List: MustacheSequence, MustacheCustomRenderable, MustacheTransformable {
        let elements: [JSONValue]

        var isNull: Bool { false }
        var renderText: String { JSONValue.array(elements).text(.canonical) }

        func makeIterator() -> some IteratorProtocol<Any> { elements.lazy.map(DebounceKey.plain).makeIterator() }

        func transform(_ name: String) -> Any? { elements.map(DebounceKey.plain).transform(name) }
    }
}
