package import GuildDomain

extension InvocationLedger {
    /// Asks for cancellation; audited. A claimed invocation ends when its worker notices; any other ends here. A call
    /// that was reserved and not sent costs nothing; one that was sent is settled.
    ///
    /// - Parameter reason: why, for the audit log.
    /// - Returns: nil if there is no such invocation.
    package func cancel(
        _ id: InvocationID, reason: String? = nil, actor: String, now: Timestamp
    ) async throws -> Cancellation? {
        try await ledger.write { db in
            guard let invocation = try db.invocations.find(id) else { return nil }
            guard !invocation.state.isFinal else { return .hadEnded(invocation.state) }
            try db.run("UPDATE invocations SET cancel_requested = 1 WHERE id = ?", [id])
            var body: JSONObject = ["agent": .string(invocation.agent), "command": "cancel"]
            if let reason { body["reason"] = .string(reason) }
            try db.audit.append(invocation.entry(.operatorCommand, actor: actor, now: now, body))
            guard !invocation.state.isHeld else { return .requested }
            try db.invocations.end(invocation, as: .cancelled, outcome: "cancelled", actor: actor, now: now)
            return .ended
        }
    }
}
