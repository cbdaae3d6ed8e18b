import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Shows what happened and why; approves and rejects waiting actions.",
        subcommands: [
            AuditLogCommand.self, AuditShowCommand.self, AuditVerifyCommand.self, AuditAnchorCommand.self,
            AuditProofCommand.self, AuditExportCommand.self, AuditApprovalsCommand.self, AuditApproveCommand.self,
            AuditRejectCommand.self,
        ])
}
