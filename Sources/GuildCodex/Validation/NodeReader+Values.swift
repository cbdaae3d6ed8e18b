import GuildDomain

extension NodeReader {
    /// A list of texts; one text counts as a list of one.
    func texts() -> [String] { elements(orOne: true).compactMap { $0.filledText() } }

    /// A list of globs; one counts as a list of one.
    func globs() -> [Glob] { texts().map { Glob($0) } }

    /// Labels and annotations: any scalar counts as its text.
    func labels() -> [String: String] {
        var labels: [String: String] = [:]
        for member in members() {
            if member.value.isNull { labels[member.key] = "" } else { labels[member.key] = member.value.text() }
        }
        return labels
    }

    func url() -> String? {
        guard let text = filledText() else { return nil }
        let rest = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }.map { text.dropFirst($0.count) }
        guard let rest, let first = rest.first, first != "/", !rest.contains(where: { $0.isWhitespace }) else {
            mismatch("an address beginning with https:// or http://")
            return nil
        }
        guard !rest.prefix(while: { $0 != "/" }).contains("@") else {
            problem("an address with credentials in it", expected: "credentials as secret references")
            return nil
        }
        let digits = rest.prefix { !"/?#".contains($0) }.reversed().prefix { ("0"..."9").contains($0) }
        let isPort = rest.prefix { !"/?#".contains($0) }.dropLast(digits.count).last == ":"
        guard !isPort || digits.isEmpty || Int(String(digits.reversed())).map(WebOrigin.ports.contains) == true else {
            problem("port \(String(digits.reversed().prefix(10)))", expected: "a port from 1 to 65535")
            return nil
        }
        return text
    }

    /// An address that we connect to; if it may lead is checked when the Guild is known.
    func address(carriesSecret: Bool) -> String? {
        url().map { reference(.address(carriesSecret: carriesSecret), $0) }
    }

    /// An address to which paths are added.
    func baseAddress(carriesSecret: Bool) -> String? {
        guard let address = address(carriesSecret: carriesSecret) else { return nil }
        if let mark = address.first(where: { $0 == "?" || $0 == "#" }) {
            problem(mark == "?" ? "a query" : "a fragment", expected: "an address to which paths can be added")
        }
        return address
    }

    /// A reference to a secret. Any other text may be the secret itself, so it is never shown.
    func secret() -> SecretReference? {
        guard case .scalar(let scalar) = node, scope.visit() else {
            mismatch(Self.secretForm)
            return nil
        }
        guard let reference = SecretReference(scalar.string) else {
            problem("a literal secret, or a reference in an unknown form", expected: Self.secretForm)
            return nil
        }
        return reference
    }

    /// An event pattern; its problems are placed at the nearest key.
    func pattern() -> EventPattern? {
        guard let json = json() else { return nil }
        do throws(EventPattern.Problem) {
            return try EventPattern(parsing: json, at: path.text)
        } catch {
            let place = nearest(to: error.path)
            scope.findings.add(
                Problem(
                    .error, at: place.location, path: error.path, found: error.reason, suggestion: error.suggestion))
            return nil
        }
    }

    /// An event pattern over events: its tests of attributes must be possible.
    func eventPattern() -> EventPattern? {
        guard let pattern = pattern() else { return nil }
        var seen: Set<EventPattern.Field> = []
        for field in pattern.alternatives.flatMap(\.fields) {
            guard let name = field.path.first, seen.insert(field).inserted else { continue }
            guard let value = ConditionValue.ofEvents(name) else {
                warnOutsideEnvelope(field)
                continue
            }
            let place = nearest(to: NodePath.key(name, in: path).text)
            if field.path.count > 1 {
                let inner = field.path.dropFirst().joined(separator: ".")
                place.problem("\(quoted(inner)) within \(quoted(name))", expected: value.description)
            }
            for objection in [value].objections(to: field.tests, of: name) {
                place.problem(objection.found, expected: objection.expected, suggestion: objection.suggestion)
            }
        }
        return pattern
    }

    /// The deepest node below this one whose path begins the given one.
    func nearest(to wanted: String) -> NodeReader {
        var current = self
        for _ in 0..<EventPattern.Limit.depth {
            let children: [NodeReader] =
                switch current.node {
                case .mapping: current.members().map(\.value)
                case .sequence: current.elements()
                default: []
                }
            let next = children.first { child in
                let path = child.path.text
                return wanted == path || wanted.hasPrefix(path + ".") || wanted.hasPrefix(path + "[")
            }
            guard let next else { break }
            current = next
        }
        return current
    }
}
