/// The order in which work starts. A lower raw value always starts first.
package enum Priority: Int, Sendable, CaseIterable, Comparable {
    case critical = 0
    case high = 1
    case normal = 2
    case low = 3
    case background = 4

    /// Accepts `CRITICAL`…`BACKGROUND` and `P0`…`P3`, `BG`, in any case.
    package init?(name: String) {
        switch name.uppercased() {
        case "CRITICAL", "P0": self = .critical
        case "HIGH", "P1": self = .high
        case "NORMAL", "P2": self = .normal
        case "LOW", "P3": self = .low
        case "BACKGROUND", "BG": self = .background
        default: return nil
        }
    }

    /// `CRITICAL`, `HIGH`, `NORMAL`, `LOW` or `BACKGROUND`.
    package var name: String {
        switch self {
        case .critical: "CRITICAL"
        case .high: "HIGH"
        case .normal: "NORMAL"
        case .low: "LOW"
        case .background: "BACKGROUND"
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
