import GuildDomain

/// A window or a waiting decision that is due and cannot be read, by its key as it is stored.
struct DamagedWait: Sendable {
    enum Kind {
        case window, decision
    }

    /// Takes the row out of its table.
    let delete: String
    let key: [StoredValue]
    /// The event, the rule and the agent; nil if the row does not tell them.
    let place: (event: EventPlace, rule: String, agent: String)?
    let invocation: InvocationID?
    let fault: RowFault

    init(_ kind: Kind, _ row: LedgerRow, _ fault: RowFault) throws {
        switch kind {
        case .window:
            delete = "DELETE FROM debounces WHERE agent = ? AND rule = ? AND key = ?"
            key = try row.values("agent", "rule", "key")
        case .decision:
            delete = "DELETE FROM pending_decisions WHERE event = ? AND rule = ? AND agent = ?"
            key = try row.values("event", "rule", "agent")
        }
        self.fault = fault.naming(row)
        // The damage may be in any column.
        place = try? (EventPlace(id: row["event"], root: row["root"]), row["rule"], row["agent"])
        invocation = try? row["invocation"]
    }
}

extension DispatchLedger {
    /// Ends what waited: it would otherwise be due for ever.
    func end(_ waits: [DamagedWait], now: Timestamp) async throws {
        for wait in waits { try await ledger.write { db in try db.dispatch.end(wait, now: now) } }
    }
}

extension DispatchStatements {
    /// Reads windows or decisions that are due, whole ones and others.
    func due<Value>(
        _ kind: DamagedWait.Kind, _ sql: String, _ values: [(any Storable)?], read: (LedgerRow) throws -> Value
    ) throws -> (whole: [Value], damaged: [DamagedWait]) {
        var damaged: [DamagedWait] = []
        let whole = try db.whole(sql, values, read: read) { row, fault in
            damaged.append(try DamagedWait(kind, row, fault))
        }
        return (whole, damaged)
    }

    fileprivate func end(_ wait: DamagedWait, now: Timestamp) throws {
        guard try db.changes(wait.delete, wait.key) == 1 else { return }
        db.leaveOut(wait.fault)
        if let invocation = wait.invocation {
            try db.rates.giveBackTokens(of: invocation)
            try db.run("DELETE FROM merged_events WHERE invocation = ?", [invocation])
        }
        guard let place = wait.place, try hasEvent(place.event.id) else {
            return try auditInvalid(wait.fault.row ?? "a damaged row", wait.place?.event.id, wait.fault, now: now)
        }
        let decision = Decision(
            rule: place.rule, agent: place.agent, outcome: .invalid, reasons: [wait.fault.message])
        try record(
            decision, for: place.event, actor: "dispatcher", commit: try db.codex.acceptedHead() ?? "", now: now)
    }
}
