package import Foundation

/// A time zone as arithmetic on seconds: its offset at an instant, and the instants of a wall-clock time.
struct WallClock {
    /// The instants of a wall-clock time: one, two (clocks went back), or none (clocks went forward).
    enum Reading: Equatable {
        case once(Int64)
        case twice(first: Int64, change: Int64, offsetBefore: Int64)
        case never(change: Int64, offsetAfter: Int64)
    }

    private let zone: TimeZone

    init(_ zone: TimeZone) { self.zone = zone }

    /// Seconds east of UTC at an instant in seconds since 1970.
    func offset(at instant: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
    }

    /// The first instant after `start` that has not the offset `before`, given that `end` has another.
    func change(from before: Int64, after start: Int64, until end: Int64) -> Int64 {
        var low = start
        var high = end
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == before { low = middle } else { high = middle }
        }
        return high
    }

    /// - Parameter wall: seconds since 1970 as though the zone were UTC. Assumes at most one change within two days.
    func instant(of wall: Int64) -> Reading {
        let start = wall - 86_400
        let end = wall + 86_400
        let before = offset(at: start)
        let after = offset(at: end)
        guard before != after else { return .once(wall - before) }
        let change = change(from: before, after: start, until: end)
        let isBefore = wall - before < change
        let isAfter = wall - after >= change
        return switch (isBefore, isAfter) {
        case (true, true): .twice(first: wall - before, change: change, offsetBefore: before)
        case (true, false): .once(wall - before)
        case (false, true): .once(wall - after)
        case (false, false): .never(change: change, offsetAfter: after)
        }
    }
}

/// Time zones by their IANA names.
package enum Zones {
    /// The zone of exactly that name: `Europe/London`, `UTC`. Abbreviations (`PST`), offsets (`GMT+2`) and other
    /// spellings are refused, because they are ambiguous.
    ///
    /// - Returns: nil if there is no such zone.
    package static func named(_ name: String) -> TimeZone? {
        // Zones and their aliases (Asia/Calcutta) have a slash, and each part begins with a capital. The list of all of
        // them is not asked: it has no aliases, and making it takes longer than reading a small codex.
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard name == "UTC" || name == "GMT" || parts.count > 1, name.utf8.count <= 64,
            parts.allSatisfy({ $0.utf8.first.map { (0x41...0x5A).contains($0) } ?? false }),
            name.utf8.allSatisfy(isNameByte)
        else { return nil }
        return TimeZone(identifier: name)
    }

    /// The known name most like a misspelt one.
    package static func nearest(to name: String) -> String? {
        NearestName.of(
            name, in: (TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") } + ["UTC", "GMT"]).sorted())
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: [UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+")].contains(byte)
        }
    }
}
