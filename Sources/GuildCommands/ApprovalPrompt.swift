import Foundation
import GuildDomain
import GuildLedger

/// Decides, or asks the person at the terminal, about actions of autonomy 1.
struct ApprovalPrompt: Sendable {
    let mode: RunCommand.Approval
    let user: String

    /// What else a yes lets out, where the action waits because of a cap.
    private static func cap(_ action: Action) -> String {
        action.hold.map { "\n  \(TextTable.printable("\($0.reason): \($0.nextStep(agent: action.agent))"))" } ?? ""
    }

    /// - Returns: nil where nobody is there to ask.
    func decide(_ action: Action) -> (approve: Bool, reason: String?)? {
        switch mode {
        case .none: return nil
        case .all: return (true, "--approve all")
        case .ask:
            let question = """
                \(TextTable.printable(action.operation)) on \(TextTable.printable(action.subject))
                  \(TextTable.printable(action.arguments.text()))
                  reason: \(TextTable.printable(action.reason))\(Self.cap(action))
                Do it? [y/N]
                """
            // A terminal that is gone answers nothing, which counts as no answer.
            Terminal.write(question + " ", to: .error)
            guard let answer = readLine()?.lowercased() else { return nil }
            return answer == "y" || answer == "yes"
                ? (true, "asked at the terminal") : (false, "refused at the terminal")
        }
    }
}
