import Foundation
import GuildDomain
import Mustache

/// A value as a prompt shows it: a section goes into an object or through a list, and written out either is compact JSON
/// with sorted keys, the same in every run.
enum PromptValue {
    /// Mustache looks values up by the types they conform to.
    static func of(_ value: JSONValue) -> Any {
        switch value {
        case .null: NSNull()
        case .bool(let flag): flag
        case .number(let number): number.description
        case .string(let text): text
        case .array(let elements): List(elements: elements)
        case .object(let object): Members(object: object)
        }
    }

    struct Members: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
        let object: JSONObject

        func child(named name: String) -> Any? { object[name].map(PromptValue.of) }

        var isNull: Bool { false }
        var renderText: String { JSONValue.object(object).text(.canonical) }

        func transform(_ name: String) -> Any? {
            let members = object.members.sorted { $0.key < $1.key }
            return Dictionary(members.map { ($0.key, PromptValue.of($0.value)) }, uniquingKeysWith: { $1 })
                .transform(name)
        }
    }

    struct List: MustacheSequence, MustacheCustomRenderable, MustacheTransformable {
        let elements: [JSONValue]

        func makeIterator() -> some IteratorProtocol<Any> { elements.lazy.map(PromptValue.of).makeIterator() }

        var isNull: Bool { false }
        var renderText: String { JSONValue.array(elements).text(.canonical) }

        func transform(_ name: String) -> Any? { elements.map(PromptValue.of).transform(name) }
    }
}
