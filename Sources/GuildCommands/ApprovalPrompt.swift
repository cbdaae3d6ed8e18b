import Foundation
import GuildDomain
import GuildLedger

/// Decides, or asks the person at the terminal, about actions that wait for one.
struct ApprovalPrompt: Sendable {
    let mode: RunCommand.Approval
    let interruption: Interruption

    /// - Parameter standing: the cap that the action waits at.
    /// - Returns: nil if nobody is there to ask, or if the answer was Ctrl-C.
    func decide(_ action: Action, _ standing: CapStanding?) -> (approve: Bool, reason: String?)? {
        switch mode {
        case .none: return nil
        case .all: return (true, "--approve all")
        case .ask:
            let lines =
                [
                    "\(action.operation) on \(action.subject)", "  \(action.arguments.text())",
                    "  reason: \(action.reason)", "  approval needed because: \(action.whyItWaits(standing))",
                ] + (standing.map { ["  \($0.nextStep)"] } ?? [])
            let question = lines.map(TextTable.printable).joined(separator: "\n") + "\nDo it? [y/N] "
            switch Question.ask(question, until: interruption) {
            case .yes: return (true, "asked at the terminal")
            case .no: return (false, "refused at the terminal")
            case .nobody, .interrupted: return nil
            }
        }
    }
}
