package import GuildDomain
package import GuildLedger

extension CommandContext {
    /// Says which waiting actions cannot be read, and what ends them.
    package func warn(of damaged: [(id: ActionID, fault: RowFault)]) {
        for (id, fault) in damaged {
            settings.remark(
                "action \(id) cannot be read: \(fault.message); `guild audit reject \(id) --reason TEXT` ends it")
        }
    }
}
