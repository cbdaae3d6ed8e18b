package import GuildLedger

extension CommandContext {
    /// Says which waiting actions cannot be read, and what ends them.
    package func warnOfDamagedActions(in ledger: Ledger?) async throws {
        for (id, fault) in try await ledger?.actions.damagedAwaiting() ?? [] {
            settings.remark(
                "action \(id) cannot be read: \(fault.message); `guild audit reject \(id) --reason TEXT` ends it")
        }
    }
}
