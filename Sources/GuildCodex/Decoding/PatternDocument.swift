package import GuildDomain

/// An event pattern in a file of its own, YAML or JSON, read exactly as a trigger's `conditions`.
package enum PatternDocument {
    /// - Parameters:
    ///   - bytes: one document of at most 1 MiB.
    ///   - name: its name in messages.
    /// - Throws: a failure of kind `usage` with every problem, each with its line.
    package static func parse(_ bytes: [UInt8], name: String) throws(Failure) -> EventPattern {
        let findings = Findings()
        let documents = ManifestParser.documents(of: CodexFile(path: name, bytes: bytes), findings: findings)
        let pattern = documents.first?.eventPattern()
        let problems = findings.problems.filter { $0.severity == .error }.map(\.text)
        guard problems.isEmpty, documents.count == 1, let pattern else {
            let reason = problems.isEmpty ? "\(name): found \(documents.count) documents, expected one pattern" : ""
            throw Failure(
                .usage, problems.isEmpty ? reason : problems.joined(separator: "\n"),
                hint: "a pattern is a mapping of fields to lists of accepted values, as a trigger's `conditions`")
        }
        return pattern
    }
}
