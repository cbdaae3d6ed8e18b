/// The fields of one alternative by their paths, so that those below one array are decided together.
///
/// Absence is decided as aws/event-ruler does: fields are taken in the order of their dotted names, and a field that must
/// be absent is looked for in the array elements that earlier fields have settled on; in an array that none has settled
/// yet, no element may have it. That keeps matching linear in the size of the event.
struct PatternTree: Sendable, Hashable {
    /// The dotted name: the order of evaluation.
    private let name: String
    private var key = ""
    private var tests: [ValueTest] = []
    private var wantsAbsence = false
    private var children: [PatternTree] = []
    /// The least name of a field below that must have a value.
    private var firstPresence: String?
    /// The least name of a field below that must be absent.
    private var firstAbsence: String?

    init(_ fields: [EventPattern.Field]) {
        self.init(name: "")
        for field in fields { insert(field, path: field.path[...]) }
    }

    private init(name: String) { self.name = name }

    private mutating func insert(_ field: EventPattern.Field, path: ArraySlice<String>) {
        guard let step = path.first else {
            if field.wantsAbsence { wantsAbsence = true } else { tests = field.tests }
            return
        }
        let fieldName = name.isEmpty ? path.joined(separator: ".") : name + "." + path.joined(separator: ".")
        if field.wantsAbsence {
            firstAbsence = min(firstAbsence ?? fieldName, fieldName)
        } else {
            firstPresence = min(firstPresence ?? fieldName, fieldName)
        }
        let index: Int
        if let known = children.firstIndex(where: { $0.key == step }) {
            index = known
        } else {
            var child = PatternTree(name: name.isEmpty ? step : name + "." + step)
            child.key = step
            children.append(child)
            index = children.count - 1
        }
        children[index].insert(field, path: path.dropFirst())
    }

    /// Whether every field holds in `event`.
    func matches(_ event: JSONValue) -> Bool {
        guard case .object = event else { return false }
        return childrenMatch(event)
    }

    private func matches(_ value: JSONValue?) -> Bool {
        if !tests.isEmpty {
            guard let value, Self.anyLeaf(of: value, { leaf in tests.contains { $0.accepts(leaf) } }) else {
                return false
            }
        }
        if wantsAbsence, let value, Self.anyLeaf(of: value, { _ in true }) { return false }
        return children.isEmpty || childrenMatch(value)
    }

    private func childrenMatch(_ value: JSONValue?) -> Bool {
        switch value {
        case .object(let object):
            return children.allSatisfy { $0.matches(object[$0.key]) }
        case .array(let elements):
            guard let firstPresence else { return isAbsent(below: elements, before: nil) }
            if let firstAbsence, firstAbsence < firstPresence {
                guard isAbsent(below: elements, before: firstPresence) else { return false }
            }
            return elements.contains { childrenMatch($0) }
        case nil, .null, .bool, .number, .string:
            return firstPresence == nil
        }
    }

    /// Whether no element has any of the fields below that must be absent and whose names come before `limit`.
    private func isAbsent(below elements: [JSONValue], before limit: String?) -> Bool {
        elements.allSatisfy { element in
            switch element {
            case .object(let object): children.allSatisfy { $0.isAbsent(object[$0.key], before: limit) }
            case .array(let inner): isAbsent(below: inner, before: limit)
            case .null, .bool, .number, .string: true
            }
        }
    }

    private func isAbsent(_ value: JSONValue?, before limit: String?) -> Bool {
        guard let value else { return true }
        let isEarly = limit.map { name < $0 } ?? true
        if wantsAbsence, isEarly, Self.anyLeaf(of: value, { _ in true }) { return false }
        return children.isEmpty || isAbsent(below: [value], before: limit)
    }

    /// A leaf is a scalar; arrays are looked through, objects are none.
    private static func anyLeaf(of value: JSONValue, _ accepts: (JSONValue) -> Bool) -> Bool {
        switch value {
        case .array(let elements): elements.contains { anyLeaf(of: $0, accepts) }
        case .object: false
        case .null, .bool, .number, .string: accepts(value)
        }
    }
}
