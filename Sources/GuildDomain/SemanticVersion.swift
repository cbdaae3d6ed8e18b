/// A version as defined at https://semver.org/spec/v2.0.0.html: `1.2.0-beta.1+build`.
package struct SemanticVersion: Sendable, Hashable, CustomStringConvertible {
    /// The number that incompatible changes raise.
    package let major: Int64
    /// The number that additions raise.
    package let minor: Int64
    /// The number that corrections raise.
    package let patch: Int64
    /// `beta`, `1`; empty for a release.
    package let prerelease: [String]
    /// Carries no order.
    package let build: String?

    package init(_ major: Int64, _ minor: Int64, _ patch: Int64, prerelease: [String] = [], build: String? = nil) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.build = build
    }

    /// - Returns: nil unless the text is a whole semantic version of at most 256 bytes.
    package init?(_ text: String) {
        guard text.utf8.count <= 256 else { return nil }
        let halves = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { Self.number($0) }
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        let prerelease = parts.count == 2 ? Self.identifiers(parts[1]) : []
        guard let prerelease, !prerelease.contains(where: Self.hasLeadingZero) else { return nil }
        if halves.count == 2, Self.identifiers(halves[1]) == nil { return nil }
        self.init(
            major, minor, patch, prerelease: prerelease, build: halves.count == 2 ? String(halves[1]) : nil)
    }

    package var description: String {
        "\(major).\(minor).\(patch)"
            + (prerelease.isEmpty ? "" : "-" + prerelease.joined(separator: "."))
            + (build.map { "+\($0)" } ?? "")
    }

    /// Digits without a leading zero that fit 63 bits.
    static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, isDigits(text), text.utf8.count == 1 || text.utf8.first != 0x30 else { return nil }
        return Int64(text)
    }

    private static func identifiers(_ text: Substring) -> [String]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let areValid = parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
        return areValid ? parts : nil
    }

    private static func hasLeadingZero(_ text: String) -> Bool {
        isDigits(text) && text.count > 1 && text.hasPrefix("0")
    }

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
}

extension SemanticVersion: Comparable {
    package static func == (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) == (right.major, right.minor, right.patch)
            && left.prerelease == right.prerelease
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine([major, minor, patch])
        hasher.combine(prerelease)
    }

    /// A pre-release comes before its release; its identifiers compare as numbers, else as text, numbers first.
    package static func < (left: Self, right: Self) -> Bool {
        let first = (left.major, left.minor, left.patch)
        let second = (right.major, right.minor, right.patch)
        guard first == second else { return first < second }
        guard !left.prerelease.isEmpty, !right.prerelease.isEmpty else {
            return !left.prerelease.isEmpty && right.prerelease.isEmpty
        }
        for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
            switch (isDigits(one), isDigits(other)) {
            // Without leading zeros the longer number is the larger, however many digits it has.
            case (true, true):
                return one.utf8.count == other.utf8.count
                    ? one.utf8.lexicographicallyPrecedes(other.utf8) : one.utf8.count < other.utf8.count
            case (true, false): return true
            case (false, true): return false
            case (false, false): return one.utf8.lexicographicallyPrecedes(other.utf8)
            }
        }
        return left.prerelease.count < right.prerelease.count
    }
}
