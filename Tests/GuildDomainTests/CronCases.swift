import Foundation
import GuildDomain

/// One expression to ask others about.
struct CronCase: Sendable {
    let expression: String
    let zone: String
    let start: Timestamp
    /// Due times asked for.
    static let count = 6

    var fields: [String] { expression.split(separator: " ").map(String.init) }

    var line: String {
        let json: JSONValue = [
            "expr": .string(expression), "zone": .string(zone), "start": .integer(start.seconds),
            "count": .integer(Self.count),
        ]
        return json.text()
    }
}

/// Random expressions, many of them due near the zone's clock changes.
struct CronCases: RandomNumberGenerator {
    static let zones = [
        "UTC", "Europe/London", "America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Havana",
        "America/Santiago", "America/Sao_Paulo", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland",
        "Pacific/Chatham", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Beirut", "Africa/Cairo", "Atlantic/Azores",
        "Europe/Dublin", "Asia/Tehran", "America/Asuncion",
    ]

    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func draw() -> CronCase {
        let zone = Self.zones[Int.random(in: 0..<Self.zones.count, using: &self)]
        return CronCase(expression: expression(), zone: zone, start: start(in: zone))
    }

    /// Any second of 2019 to 2026; of two draws one lies within two days before a clock change, where there is one.
    private mutating func start(in zone: String) -> Timestamp {
        let instant = Int64.random(in: 1_546_300_800..<1_798_761_600, using: &self)
        guard Bool.random(using: &self), let zone = TimeZone(identifier: zone),
            let change = zone.nextDaylightSavingTimeTransition(
                after: Date(timeIntervalSince1970: Double(instant)))
        else { return Timestamp(seconds: instant) }
        let before = Int64.random(in: 0..<172_800, using: &self)
        return Timestamp(seconds: Int64(change.timeIntervalSince1970) - before)
    }

    private mutating func expression() -> String {
        let hour = one(in: 4) ? "\(Int.random(in: 0...3, using: &self))" : field(0...23)
        var fields = [field(0...59), hour, dayOfMonth(), one(in: 3) ? field(1...12) : "*", dayOfWeek()]
        if one(in: 5) { fields.append(field(0...59)) }
        return fields.joined(separator: " ")
    }

    private mutating func one(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    private mutating func field(_ range: ClosedRange<Int>) -> String {
        let count = one(in: 5) ? Int.random(in: 2...3, using: &self) : 1
        // A star inside a list means different things to different programs; `CronOracleTests` tries it by itself.
        return (0..<count).map { _ in item(range, alone: count == 1) }.joined(separator: ",")
    }

    private mutating func item(_ range: ClosedRange<Int>, alone: Bool) -> String {
        let low = Int.random(in: range, using: &self)
        switch Int.random(in: 0..<(alone ? 7 : 3), using: &self) {
        case 0: return "\(low)"
        case 1 where low < range.upperBound:
            return "\(low)-\(Int.random(in: low + 1...range.upperBound, using: &self))"
        case 2 where low < range.upperBound:
            let high = Int.random(in: low + 1...range.upperBound, using: &self)
            return "\(low)-\(high)/\(Int.random(in: 1...max(1, high - low), using: &self))"
        case 3: return "*/\(Int.random(in: 2...max(2, range.count / 2), using: &self))"
        case 4, 5: return "*"
        default: return "\(low)"
        }
    }

    private mutating func dayOfMonth() -> String {
        switch Int.random(in: 0..<8, using: &self) {
        case 0: "L"
        case 1: field(1...28)
        case 2: "*/\(Int.random(in: 2...10, using: &self))"
        case 3: "\(Int.random(in: 1...28, using: &self))"
        default: "*"
        }
    }

    private mutating func dayOfWeek() -> String {
        let names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        let day = Int.random(in: 0...6, using: &self)
        switch Int.random(in: 0..<9, using: &self) {
        case 0: return "\(day)"
        case 1: return names[day]
        case 2: return "\(day)#\(Int.random(in: 1...5, using: &self))"
        case 3: return "*/\(Int.random(in: 2...6, using: &self))"
        case 4 where day < 6: return "\(day)-\(Int.random(in: day + 1...6, using: &self))"
        case 5: return "7"
        default: return "*"
        }
    }
}
