/// A place in a file of the codex; lines and columns count from 1, columns in Unicode scalars.
package struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// Relative to the codex root.
    package var file: String
    /// The line, from 1.
    package var line: Int
    /// The column, from 1.
    package var column: Int

    package init(file: String, line: Int = 1, column: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `agents/ranger.yaml:14`.
    package var description: String { "\(file):\(line)" }
}

/// The metadata of every manifest, as in Kubernetes.
package struct Metadata: Sendable, Hashable {
    /// A DNS label, unique within the kind.
    package var name: String
    /// Labels, which policies and filters select by.
    package var labels: [String: String]
    /// Free text; it has no meaning to guild.
    package var annotations: [String: String]
    /// Where the document begins.
    package var location: SourceLocation

    package init(
        name: String, labels: [String: String] = [:], annotations: [String: String] = [:],
        location: SourceLocation = SourceLocation(file: "")
    ) {
        self.name = name
        self.labels = labels
        self.annotations = annotations
        self.location = location
    }
}

/// One document of the codex. References between manifests are by name and ignore case.
package protocol Manifest: Sendable, Hashable {
    var metadata: Metadata { get }
}

extension Manifest {
    /// `metadata.name`, unique within its kind.
    package var name: String { metadata.name }
    /// `metadata.labels`.
    package var labels: [String: String] { metadata.labels }
    /// Where the document begins.
    package var location: SourceLocation { metadata.location }
}

/// A wall-clock time, as `"08:30"`.
package struct TimeOfDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The hour, 0 to 23.
    package var hour: Int
    /// The minute, 0 to 59.
    package var minute: Int

    /// - Returns: nil unless the text is `HH:MM` of a day (`24:00` is not).
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"), let hour = Int(text.prefix(2)),
            let minute = Int(text.suffix(2)), (0..<24).contains(hour), (0..<60).contains(minute),
            [0, 1, 3, 4].allSatisfy({ (0x30...0x39).contains(bytes[$0]) })
        else { return nil }
        self.hour = hour
        self.minute = minute
    }

    /// Minutes since midnight.
    package var minutesOfDay: Int { hour * 60 + minute }

    package var description: String { (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)" }

    package static func < (left: Self, right: Self) -> Bool { left.minutesOfDay < right.minutesOfDay }
}
