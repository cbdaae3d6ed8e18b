/// How a system spells the names of its containers. Each container has one canonical name, and a name that cannot be
/// canonical is refused before it is compared.
package struct ContainerForm: Sendable, Hashable {
    /// For people: `OWNER/REPO`.
    package let shown: String
    /// The longest of each of the segments between slashes, in bytes.
    package let longestSegments: [Int]
    /// Whether names that differ only in case are the same.
    package let ignoresCase: Bool
    /// Endings that the system strips or assigns to something else, in lower case: no name ends with one.
    package let reservedEndings: [String]

    package init(shown: String, longestSegments: [Int], ignoresCase: Bool, reservedEndings: [String] = []) {
        self.shown = shown
        self.longestSegments = longestSegments
        self.ignoresCase = ignoresCase
        self.reservedEndings = reservedEndings
    }

    /// The canonical spelling of a name.
    ///
    /// - Returns: nil if it is not a name: another number of segments, an empty one, `.` or `..`, anything but ASCII
    ///   letters, digits, `-`, `_` and `.`, or a reserved ending.
    package func canonical(_ name: String) -> String? {
        let segments = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard segments.count == longestSegments.count,
            zip(segments, longestSegments).allSatisfy({ 1...$1 ~= $0.count && $0.allSatisfy(Self.isNameByte) }),
            segments.allSatisfy({ $0.last != UInt8(ascii: ".") })
        else { return nil }
        // Only ASCII is left, so lower case is what the system folds to.
        let folded = name.lowercased()
        guard !reservedEndings.contains(where: folded.hasSuffix) else { return nil }
        return ignoresCase ? folded : name
    }

    /// Whether a pattern can match a canonical name: `acme/shop`, `acme/*`, `*`.
    package func accepts(pattern: String) -> Bool {
        guard pattern != "*" else { return true }
        guard pattern.utf8.contains(UInt8(ascii: "*")) else { return canonical(pattern) != nil }
        let segments = pattern.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return segments.count == longestSegments.count
            && segments.allSatisfy { segment in
                !segment.isEmpty && segment.allSatisfy { Self.isNameByte($0) || $0 == UInt8(ascii: "*") }
            }
    }

    /// Whether a canonical name can have this within it.
    package func canContain(_ part: String) -> Bool {
        let segments = part.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return segments.count <= longestSegments.count && segments.allSatisfy { $0.allSatisfy(Self.isNameByte) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
