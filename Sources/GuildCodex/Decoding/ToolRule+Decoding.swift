import GuildDomain

extension NodeReader {
    /// Containers or patterns in one list.
    static let longestScope = 100

    func toolRule() -> ToolRule? {
        mapping { rule in
            let pattern = rule.required("pattern", "the name of a tool; * is a wildcard")?.name(of: .toolPattern)
            let autonomy = rule.required("autonomy", "0, 1, 2 or 3")?.autonomy()
            let scope = rule["on"]
            let (on, places) = scope?.toolScope() ?? (nil, [])
            // A scope that cannot be read is an error of its own; no wider one is put in its place.
            guard let pattern, let autonomy, scope == nil || on != nil else { return nil }
            return ToolRule(
                pattern: pattern, autonomy: autonomy, scope: on, location: location, path: path.text,
                scopeLocation: scope?.location, patternLocations: places)
        }.flatMap(\.self)
    }

    /// `subject`, `container`, `any`, or a list of patterns.
    private func toolScope() -> (ToolScope?, [SourceLocation]) {
        let expected = ToolScope.words.joined(separator: ", ") + " or a list such as [acme/shop, \"acme/*\"]"
        guard isList else {
            guard !isMapping, let text = text() else {
                if isMapping { mismatch(expected) }
                return (nil, [])
            }
            guard let scope = ToolScope(word: text.lowercased()) else {
                let nearest = NearestName.of(text, in: ToolScope.words)
                mismatch(expected, suggestion: nearest ?? (text.contains("/") ? "[\(text)]" : nil))
                return (nil, [])
            }
            return (scope, [])
        }
        let elements = elements()
        guard !elements.isEmpty, elements.count <= Self.longestScope else {
            problem("\(elements.count) patterns", expected: "1 to \(Self.longestScope)")
            return (nil, [])
        }
        let patterns = elements.compactMap { element in element.filledText().map { (element.location, $0) } }
        guard patterns.count == elements.count else { return (nil, []) }
        return (.patterns(patterns.map { ContainerPattern($0.1) }), patterns.map(\.0))
    }

    /// `SYSTEM:acme/shop`, or a list of such.
    func containers() -> [ContainerSetting] {
        let elements = elements(orOne: true)
        guard !elements.isEmpty, elements.count <= Self.longestScope else {
            problem("\(elements.count) containers", expected: "1 to \(Self.longestScope), or no `on` at all")
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
