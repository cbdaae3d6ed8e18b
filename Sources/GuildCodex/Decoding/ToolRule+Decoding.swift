import GuildDomain

/// Containers or patterns in one list.
private let longestScope = 100

extension ToolRule {
    init?(_ reader: NodeReader) {
        let rule = reader.mapping { rule -> ToolRule? in
            let pattern = rule.required("pattern", "the name of a tool; * is a wildcard")?.name(of: .toolPattern)
            let autonomy = rule.required("autonomy", "0, 1, 2 or 3")?.read(.autonomy)
            let scope = rule["on"]
            let (on, places) = scope.map { Self.scope($0) } ?? (nil, [])
            // A scope that cannot be read is an error of its own; no wider one is put in its place.
            guard let pattern, let autonomy, scope == nil || on != nil else { return nil }
            return ToolRule(
                pattern: pattern, autonomy: autonomy, scope: on, location: reader.location, path: reader.path.text,
                scopeLocation: scope?.location, patternLocations: places)
        }
        guard let rule else { return nil }
        self = rule
    }

    /// `subject`, `container`, `any`, or a list of patterns.
    private static func scope(_ reader: NodeReader) -> (ToolScope?, [SourceLocation]) {
        let expected = ToolScope.words.joined(separator: ", ") + " or a list such as [acme/shop, \"acme/*\"]"
        guard reader.isList else {
            guard !reader.isMapping, let text = reader.text() else {
                if reader.isMapping { reader.mismatch(expected) }
                return (nil, [])
            }
            guard let scope = ToolScope(word: text.lowercased()) else {
                let nearest = NearestName.of(text, in: ToolScope.words)
                reader.mismatch(expected, suggestion: nearest ?? (text.contains("/") ? "[\(text)]" : nil))
                return (nil, [])
            }
            return (scope, [])
        }
        let elements = reader.elements()
        guard !elements.isEmpty, elements.count <= longestScope else {
            reader.problem("\(elements.count) patterns", expected: "1 to \(longestScope)")
            return (nil, [])
        }
        let patterns = elements.compactMap { element in element.filledText().map { (element.location, $0) } }
        guard patterns.count == elements.count else { return (nil, []) }
        return (.patterns(patterns.map { ContainerPattern($0.1) }), patterns.map(\.0))
    }
}

extension ContainerSetting {
    /// `SYSTEM:acme/shop`, or a list of such; none if there is nothing to read.
    static func list(_ reader: NodeReader?) -> [ContainerSetting] {
        guard let reader else { return [] }
        let elements = reader.elements(orOne: true)
        guard !elements.isEmpty, elements.count <= longestScope else {
            reader.problem("\(elements.count) containers", expected: "1 to \(longestScope), or no `on` at all")
            return []
        }
        return elements.compactMap { element in
            guard let text = element.filledText() else { return nil }
            guard let container = Container(text) else {
                element.mismatch("SYSTEM:CONTAINER" + element.scope.findings.systems.exampleOfContainer)
                return nil
            }
            return ContainerSetting(container: container, location: element.location, path: element.path.text)
        }
    }
}
