import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Shows what happened and why, and decides what waits for a person.",
        subcommands: [
            AuditLogCommand.self, AuditShowCommand.self, AuditVerifyCommand.self, AuditAnchorCommand.self,
            AuditProofCommand.self, AuditExportCommand.self, AuditApprovalsCommand.self, AuditApproveCommand.self,
            AuditRejectCommand.self,
        ])
}
