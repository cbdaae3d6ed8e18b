extension EventPattern {
    /// The keys at the top of the document that the pattern looks at.
    package var firstSteps: Set<String> { Set(alternatives.flatMap { $0.fields.compactMap(\.path.first) }) }

    /// The same pattern with rewritten texts, for a document whose texts were rewritten in the same way.
    ///
    /// - Parameter change: returns the rewriting of the texts below a top-level key of the document; nil for none.
    package func mapped(_ change: (String) -> ((String) -> String)?) -> EventPattern {
        EventPattern(
            alternatives: alternatives.map { alternative in
                Alternative(
                    fields: alternative.fields.map { field in
                        guard let rewrite = field.path.first.flatMap(change) else { return field }
                        return Field(
                            path: field.path, tests: field.tests.map { $0.mapped(rewrite) }, expected: field.expected)
                    })
            })
    }

    private init(alternatives: [Alternative]) { self.alternatives = alternatives }
}

extension ValueTest {
    /// The same test of texts that were rewritten so.
    package func mapped(_ rewrite: (String) -> String) -> ValueTest {
        switch self {
        case .equals(.string(let text)): .equals(.string(rewrite(text)))
        case .prefix(let text): .prefix(rewrite(text))
        case .suffix(let text): .suffix(rewrite(text))
        case .caseless(let test): .caseless(CaselessTest(rewrite(test.pattern.text), test.place))
        // A rewriting that makes it an invalid wildcard would be a bug of ours; the original text is then the narrower
        // one.
        case .wildcard(let test): .wildcard((try? WildcardTest(rewrite(test.text))) ?? test)
        case .noneOf(let tests): .noneOf(tests.map { $0.mapped(rewrite) })
        case .equals, .numeric, .address, .present: self
        }
    }
}
