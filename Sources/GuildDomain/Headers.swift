/// HTTP header fields in their order; names compare without regard to case.
package struct Headers: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One header field.
    package struct Field: Sendable, Hashable {
        /// The name as written; names compare without case.
        package let name: String
        /// The value without surrounding blanks.
        package let value: String
    }

    /// The fields in their order; a name may occur more than once.
    package private(set) var fields: [Field] = []

    /// No fields.
    package init() {}

    /// The fields in the given order.
    package init(_ fields: some Sequence<(String, String)>) {
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    }

    /// The fields in the given order.
    package init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// The first value of that name; setting replaces all of them, nil removes them.
    package subscript(name: String) -> String? {
        get { fields.first { Self.sameName($0.name, name) }?.value }
        set {
            fields.removeAll { Self.sameName($0.name, name) }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    /// The values of every field of that name, in their order.
    package func all(_ name: String) -> [String] { fields.filter { Self.sameName($0.name, name) }.map(\.value) }

    /// Adds a field at the end, even if there is one of that name.
    package mutating func append(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// ASCII only: header names have no other letters.
    private static func sameName(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { lowercase($0) == lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}
