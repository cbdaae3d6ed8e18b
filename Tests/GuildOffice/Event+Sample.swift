package import GuildDomain

extension Event {
    /// An event named by `name`, so that the same name is the same event.
    package static func sample(
        _ name: String, type: String = "issues.opened", guildEvent: String? = "ISSUE_OPENED", system: String = "github",
        data: JSONValue = [:], hop: Int = 0, isOwn: Bool = false
    ) -> Event {
        var event = Event(
            id: EventID(derivedFrom: [name]), source: "/\(system)/acme/shop", type: type, subject: "acme/shop#42",
            time: start, system: system, payload: data.bytes())
        event.guildEvent = guildEvent
        event.hop = hop
        event.isOwn = isOwn
        return event
    }
}
