import GuildCitadel
import GuildDomain
import GuildLedger

extension HeldStanding {
    /// One line of `guild status`.
    var line: String {
        let events = Amount.counted(count, "event")
        let why = reason.map { " (\($0))" } ?? ""
        return "held       \(events): our identity on \(system) is unknown\(why); \(nextStep), or from "
            + "\(LocalTime.text(until)) on they are blocked"
    }
}
