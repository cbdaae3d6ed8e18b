/// How close a calendar period's spending is to its limit (docs/dispatch.md, "Order of the queue").
package enum AlertLevel: Int, Sendable, CaseIterable, Comparable {
    case none = 0
    /// Context is trimmed harder, debounce windows double.
    case yellow = 1
    /// BACKGROUND work stops, active durations halve.
    case orange = 2
    /// Only CRITICAL and HIGH run, schedules pause.
    case red = 3

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// `none`, `yellow`, `orange` or `red`.
    package var name: String {
        switch self {
        case .none: "none"
        case .yellow: "yellow"
        case .orange: "orange"
        case .red: "red"
        }
    }

    /// Whether work of this priority runs.
    package func admits(_ priority: Priority) -> Bool {
        switch self {
        case .none, .yellow: true
        case .orange: priority < .background
        case .red: priority <= .high
        }
    }

    /// Whether cron triggers fire.
    package var admitsSchedules: Bool { self < .red }

    /// How long an agent may work, given how long it may without an alert.
    package func activeDuration(_ duration: Duration) -> Duration { self >= .orange ? duration / 2 : duration }

    /// How long a debounce window is, given how long it is without an alert.
    package func debounce(_ window: Duration) -> Duration { self >= .yellow ? window * 2 : window }
}

/// The share of a calendar period's limit at which each alert begins.
package struct AlertThresholds: Sendable, Hashable {
    /// Percent, ascending.
    package let yellow: Int
    package let orange: Int
    package let red: Int

    package init(yellow: Int = 75, orange: Int = 90, red: Int = 95) {
        self.yellow = yellow
        self.orange = orange
        self.red = red
    }

    /// The level of `used` of `limit`, rounded up to the higher one; nothing is left of a limit of zero.
    package func level(used: Int64, limit: Int64) -> AlertLevel {
        guard limit > 0 else { return .red }
        let share = Int128(used) * 100
        let whole = Int128(limit)
        if share >= whole * Int128(red) { return .red }
        if share >= whole * Int128(orange) { return .orange }
        return share >= whole * Int128(yellow) ? .yellow : .none
    }
}
