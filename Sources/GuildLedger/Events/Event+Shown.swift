import GuildDomain

extension Event {
    /// The event without its payload, for people: as much of it as can be read. A column that cannot be read has the value
    /// of an event that lacks it, and is noted in `damage`.
    ///
    /// - Throws: `RowFault` if its id cannot be read.
    init(row: LedgerRow, damage: inout [String]) throws {
        let id: EventID = try row["id"]
        let what = "event \(id)"
        try self.init(
            id: id, source: row.readable("source", or: "", of: what, &damage),
            type: row.readable("type", or: "", of: what, &damage),
            subject: row.readable("subject", or: nil, of: what, &damage),
            time: row.readable("time", or: Timestamp(microseconds: 0), of: what, &damage),
            system: row.readable("system", or: "", of: what, &damage), payload: [])
        guildEvent = try row.readable("guildevent", or: nil, of: what, &damage)
        priority = try row.readable("priority", or: .normal, of: what, &damage)
        chapter = try row.readable("chapter", or: nil, of: what, &damage)
        traceparent = try row.readable("traceparent", or: nil, of: what, &damage)
        cause = try row.readable("cause", or: nil, of: what, &damage)
        root = try row.readable("root", or: id, of: what, &damage)
        hop = try row.readable("hop", or: 0, of: what, &damage)
        isOwn = try row.readable("own", or: false, of: what, &damage)
        if let id: String = try row.readable("sender", or: nil, of: what, &damage) {
            sender = try EventSender(id: id, isOutsider: row.readable("outsider", or: false, of: what, &damage))
        }
        do {
            containers = try Self.listedContainers(row, isCaused: cause != nil) ?? containers
        } catch let fault as RowFault {
            containers = []
            damage.append("\(what): \(fault.message)")
        }
        do {
            try readAttributes(row)
        } catch let fault as RowFault {
            damage.append("\(what): \(fault.message)")
        }
    }
}

extension LedgerRow {
    /// A column for people; if it cannot be read, `substitute`, and a line of `damage`.
    ///
    /// - Parameter what: the row, for people.
    func readable<Value: StoredDecodable>(
        _ column: String, or substitute: Value, of what: String, _ damage: inout [String]
    ) throws -> Value {
        do {
            return try self[column]
        } catch let fault as RowFault {
            damage.append("\(what): \(fault.message)")
            return substitute
        }
    }

    /// The stored payload of an event, for people; nil, and a line of `damage`, if its columns cannot be read.
    func readableBody(of event: EventID, _ damage: inout [String]) throws -> BodyStore.Stored? {
        do {
            return try storedBody("body", "body_ref")
        } catch let fault as RowFault {
            damage.append("event \(event): \(fault.message)")
            return nil
        }
    }
}
