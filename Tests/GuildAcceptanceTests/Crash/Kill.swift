import GuildDomain

/// Where a kill fell. One kill may fall into several places at once.
enum Place: String, Sendable, CaseIterable {
    case idle
    case commit = "in a commit"
    case modelCall = "in a model call"
    case send = "in a send"
    case between = "between steps"
}

/// A kill that was done, and what it found.
struct Kill: Sendable {
    let planned: PlannedKill
    let parts: [Part]
    let places: Set<Place>
    /// Model calls that were sent and not journalled.
    let calls: Int
    /// Actions that were begun and not recorded.
    let sends: Set<ActionID>

    /// The column of the table.
    var victim: String { parts.count == 1 ? parts[0].rawValue : "all four" }
}

/// Prints where the kills fell.
struct KillTable {
    let kills: [Kill]

    private static let columns = Part.allCases.map(\.rawValue) + ["all four"]
    private static let nameWidth = 16

    var text: String {
        var lines = [line("", Self.columns + ["in all"])]
        for place in Place.allCases { lines.append(row(place.rawValue) { $0.places.contains(place) }) }
        lines.append(row("kills") { _ in true })
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ counts: (Kill) -> Bool) -> String {
        let wanted = kills.filter(counts)
        let cells = Self.columns.map { column in wanted.count { $0.victim == column } } + [wanted.count]
        return line(name, cells.map { $0 == 0 ? "·" : "\($0)" })
    }

    private func line(_ name: String, _ cells: [String]) -> String {
        let widths = (Self.columns + ["in all"]).map { $0.count + 2 }
        let padded = zip(cells, widths).map { cell, width in
            String(repeating: " ", count: max(0, width - cell.count)) + cell
        }
        return name + String(repeating: " ", count: max(0, Self.nameWidth - name.count)) + padded.joined()
    }
}
