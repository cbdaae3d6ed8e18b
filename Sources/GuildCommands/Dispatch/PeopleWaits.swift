import GuildDomain
import GuildLedger

/// What the invocations wait for that wait for a person.
struct PeopleWaits: Sendable {
    private var holds: [InvocationID: CapHold] = [:]

    init() {}

    /// - Parameter invocations: those that are shown.
    init(_ invocations: [Invocation], in ledger: Ledger) async throws {
        for invocation in invocations where invocation.waitReason == .approval {
            holds[invocation.id] = try await ledger.capHold(of: invocation.id)
        }
    }

    /// - Returns: nil for what waits for no person.
    func reason(of invocation: Invocation) -> String? {
        guard invocation.waitReason == .approval else { return nil }
        let why = holds[invocation.id].map { ", \($0.reason)" } ?? ""
        return "a person\(why): guild audit approvals"
    }
}
