/// A CloudEvents 1.0 event with the attributes that guild adds; everything on the bus is one.
package struct Event: Sendable, Hashable {
    /// For an event made here a new ULID; for a webhook derived from the sender's delivery id, so that a redelivery has
    /// the same one.
    package var id: EventID
    /// `/SYSTEM/acme/shop`, `/schedule/ranger/patrol`, `/cli/USER`.
    package var source: String
    /// The sender's own type in dotted form: `issues.opened`.
    package var type: String
    /// The thing it is about: `acme/shop#42`.
    package var subject: String?
    /// When it happened, according to its source.
    package var time: Timestamp
    /// The value that a trigger's `source:` matches: an external system, `schedule`, `cli`, …
    package var system: String
    /// The normalised type: `ISSUE_OPENED`.
    package var guildEvent: String?
    /// The urgency of the runs that it causes.
    package var priority = Priority.normal
    /// The chapter of the endpoint or schedule that it came from; nil if there is none.
    package var chapter: String?
    /// The W3C trace context of its sender.
    package var traceparent: String?
    /// The event that caused this one.
    package var cause: EventID?
    /// The first event of the chain; itself if nothing caused it.
    package var root: EventID
    /// The length of the chain up to here.
    package var hop = 0
    /// True when our own action caused it.
    package var isOwn = false
    /// Where the runs that it causes may read and write, unless a manifest says more; a caused event has those of its
    /// cause.
    package var containers: [Container]
    /// The sender's payload: the bytes of one JSON document, as sent.
    package var payload: [UInt8]
    /// Attributes that its sender set and guild does not know, and the endpoint that it came by.
    package var attributes = EventAttributes()
    /// The person or account that caused it, if its system says so.
    package var sender: EventSender?

    /// An event that nothing of ours caused: the first of its chain.
    ///
    /// - Parameter containers: nil takes the one that the source names.
    package init(
        id: EventID, source: String, type: String, subject: String? = nil, time: Timestamp, system: String,
        containers: [Container]? = nil, payload: [UInt8]
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.system = system
        self.containers = containers ?? Container.of(source: source, system: system)
        self.payload = payload
        root = id
    }

    /// The type of the event that `guild run` makes where it is given none.
    package static let runRequested = "run.requested"

    /// Whether it only says that a person called an agent, and has no content of its own.
    package var isRunRequest: Bool { system == "cli" && type == Self.runRequested }

    /// The payload parsed, or the problem with it. Callers parse once and keep the value.
    package func data() throws(JSONParser.Problem) -> JSONValue { try JSONParser.parse(payload) }

    /// The event in CloudEvents' JSON format, which patterns match and templates see.
    package func json(data: JSONValue) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("specversion", "1.0"), ("id", .string(id.description)), ("source", .string(source)),
            ("type", .string(type)),
        ]
        if let subject { members.append(("subject", .string(subject))) }
        members += [
            ("time", .string(time.rfc3339)),
            ("datacontenttype", .string(attributes.contentType ?? EventAttributes.json)), ("system", .string(system)),
        ]
        if let guildEvent { members.append(("guildevent", .string(guildEvent))) }
        members.append(("priority", .string(priority.name)))
        if let chapter { members.append(("chapter", .string(chapter))) }
        if let traceparent { members.append(("traceparent", .string(traceparent))) }
        if let cause { members.append(("causationid", .string(cause.description))) }
        members += [
            ("rootid", .string(root.description)), ("hop", .integer(hop)), ("guildown", .bool(isOwn)),
        ]
        members += attributes.extensions.members.map { ($0.key, $0.value) }
        members.append((attributes.isBinary ? "data_base64" : "data", data))
        return .object(JSONObject(members))
    }
}
