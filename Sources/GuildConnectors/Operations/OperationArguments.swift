import GuildDomain

/// The arguments of an operation, each checked once more: what becomes part of a URL must not be able to change it.
struct OperationArguments {
    let operation: String
    let values: JSONValue

    func number(_ name: String = "number") throws(OperationFailure) -> Int64 {
        guard let number = values[name]?.integer, number > 0 else {
            throw invalid("'\(name)' must be a whole number from 1")
        }
        return number
    }

    func optionalNumber(_ name: String) throws(OperationFailure) -> Int64? {
        values[name] == nil ? nil : try number(name)
    }

    /// - Parameter longest: in Unicode scalars.
    func text(_ name: String, longest: Int64) throws(OperationFailure) -> String {
        guard let text = try optionalText(name, longest: longest) else { throw invalid("'\(name)' is missing") }
        return text
    }

    func optionalText(_ name: String, longest: Int64) throws(OperationFailure) -> String? {
        guard let value = values[name] else { return nil }
        guard let text = value.string, !text.isEmpty, text.unicodeScalars.count <= longest else {
            throw invalid("'\(name)' must be a text of 1 to \(longest) characters")
        }
        return text
    }

    /// - Parameters:
    ///   - longest: of each, in Unicode scalars.
    ///   - most: of the list.
    func strings(_ name: String, longest: Int64, most: Int) throws(OperationFailure) -> [JSONValue] {
        guard let elements = values[name]?.array, elements.count <= most,
            elements.allSatisfy({ 1...longest ~= Int64($0.string?.unicodeScalars.count ?? 0) })
        else {
            throw invalid("'\(name)' must be a list of at most \(most) texts of 1 to \(longest) characters")
        }
        return elements
    }

    func invalid(_ reason: String) -> OperationFailure { .invalidArguments("\(operation): \(reason)") }
}
