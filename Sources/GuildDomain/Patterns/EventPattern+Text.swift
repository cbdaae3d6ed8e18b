extension EventPattern {
    /// Alternatives shown of a pattern that has many.
    private static let shownAlternatives = 3

    /// The pattern in words.
    package var text: String {
        let shown = alternatives.prefix(Self.shownAlternatives).map { alternative in
            alternative.fields.map { "\(FieldPath.text($0.path)) is \($0.expected)" }.joined(separator: " and ")
        }
        return shown.joined(separator: ", or ") + (alternatives.count > Self.shownAlternatives ? ", or …" : "")
    }

    /// The same, and another text for another pattern though what differs is not shown.
    package var distinctText: String {
        let isShort =
            alternatives.count <= Self.shownAlternatives
            && alternatives.allSatisfy { $0.fields.allSatisfy { $0.tests.count <= ValueTest.namedInWords } }
        guard !isShort else { return text }
        let digest = Identifier<EventPattern>(derivedFrom: alternatives.map { "\($0.fields)" })
        return "\(text) (\(digest.description.suffix(8).lowercased()))"
    }
}
