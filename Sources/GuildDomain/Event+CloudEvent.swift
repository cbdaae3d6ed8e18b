extension Event {
    /// Reads CloudEvents' JSON format. An event is known by its source and id together (CloudEvents 1.0.2, 3.1), so our
    /// id is derived from both. Causes, roots, hops and ownership are not taken from outside.
    package init(cloudEvent json: JSONValue, now: Timestamp) throws(InvalidEvent) {
        let document = try CloudEventDocument(json)
        guard try document.required("specversion") == "1.0" else {
            throw InvalidEvent(reason: "'specversion' must be \"1.0\"")
        }
        let identifier = try document.required("id")
        let source = try document.required("source")
        var instant = now
        if let written = try document.text("time") {
            guard let parsed = Timestamp(rfc3339: written) else { throw InvalidEvent(reason: "'time' is not RFC 3339") }
            instant = parsed
        }
        var priority = Priority.normal
        if let name = try document.text("priority") {
            guard let known = Priority(name: name) else {
                throw InvalidEvent(reason: "'priority' is not one of CRITICAL to BACKGROUND")
            }
            priority = known
        }
        let data = try document.data()
        self.init(
            id: EventID(derivedFrom: ["cloudevent", source, identifier]), source: source,
            type: try document.required("type"), subject: try document.text("subject"), time: instant,
            system: try document.text("system") ?? source.split(separator: "/").first.map(String.init) ?? "cli",
            payload: data.payload)
        guildEvent = try document.text("guildevent")
        self.priority = priority
        chapter = try document.text("chapter")
        traceparent = try document.text("traceparent")
        let contentType = try document.contentType()
        attributes.contentType = contentType == EventAttributes.json ? nil : contentType
        attributes.isBinary = data.isBinary
        attributes.extensions = try document.extensions()
    }
}
