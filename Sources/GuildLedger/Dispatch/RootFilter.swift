import GuildDomain

/// Some causal roots as one argument of a statement, however many they are.
enum RootFilter {
    /// - Parameters:
    ///   - column: the root's column.
    ///   - place: the position of `text` in the statement.
    static func condition(_ column: String, _ place: String) -> String {
        "(\(place) IS NULL OR hex(\(column)) IN (SELECT value FROM json_each(\(place))))"
    }

    /// Nil for all roots.
    static func text(_ roots: [EventID]?) -> String? {
        roots.map { roots in
            JSONValue.array(roots.map { .string(ContentDigest.hex(bytes: $0.bytes).uppercased()) }).text()
        }
    }
}
