import Foundation
import GuildDomain
import GuildLedger
import Testing

@testable import GuildCommands

/// What waits for a person or for a budget, in tables for programs.
@Suite struct WaitingWorkTests {
    @Test func `a CSV of approvals has the whole reason and all arguments`() {
        let event = EventID(derivedFrom: ["e"])
        let body = String(repeating: "All of it, ", count: 400) + "\"to the end\"\nand below."
        let reason = String(repeating: "because ", count: 200) + "it is so"
        var action = Action(
            id: ActionID(derivedFrom: ["a"]), invocation: InvocationID(derivedFrom: ["i"]), root: event, agent: "clerk",
            connector: "github", operation: "github.create_issue_comment", subject: "acme/shop#1",
            createdAt: Timestamp(seconds: 1_790_000_000))
        action.reason = reason
        action.arguments = ["body": .string(body)]
        let now = Timestamp(seconds: 1_790_000_060)
        let result = ApprovalListResult(waiting: [(action: action, agent: "clerk")], standings: [:], now: now)
        let csv = result.table(.machine).csv(showsHeadings: true)
        #expect(csv.hasPrefix("id,agent,operation,subject,since,reason,waits because,arguments\r\n"))
        #expect(csv.contains(",\(reason),"))
        let arguments = action.arguments.text().replacingOccurrences(of: "\"", with: "\"\"")
        #expect(csv.hasSuffix(",\"\(arguments)\"\r\n"))
    }

    @Test func `the queue says that a run waits for a person or for a budget`() {
        let event = EventID(derivedFrom: ["e"])
        func waitsFor(_ reason: WaitReason) -> String? {
            var run = Invocation(
                id: InvocationID(derivedFrom: [reason.rawValue]), agent: "clerk", commit: "c0ffee", event: event,
                root: event, createdAt: Timestamp(seconds: 1_790_000_000))
            run.state = .waiting
            run.waitReason = reason
            let table = QueueResult(invocations: [run]).table(.machine)
            return table.headings.last == "WAITS FOR" ? table.rows.first?.last : nil
        }
        #expect(waitsFor(.approval) == "a person: guild audit approvals")
        #expect(waitsFor(.budget) == "room in its budget")
    }
}
