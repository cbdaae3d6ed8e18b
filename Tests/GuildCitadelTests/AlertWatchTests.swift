import GuildDomain
import Testing

@testable import GuildCitadel

@Suite struct AlertWatchTests {
    private func changes(
        _ before: [String: AlertLevel], _ levels: [String: AlertLevel]
    ) -> [AlertWatch.Change] { AlertWatch.changes(from: before, to: levels) }

    @Test func `an alert that began, rose, fell or ended is a change, the highest first`() {
        let before: [String: AlertLevel] = ["agent/a": .yellow, "agent/b": .red, "agent/c": .orange]
        let after: [String: AlertLevel] = ["agent/a": .red, "agent/b": .yellow, "organization": .orange]
        #expect(
            changes(before, after) == [
                .init(account: "agent/a", before: .yellow, level: .red),
                .init(account: "organization", before: .none, level: .orange),
                .init(account: "agent/b", before: .red, level: .yellow),
                .init(account: "agent/c", before: .orange, level: .none),
            ])
    }

    @Test func `levels that stay are no change`() {
        #expect(changes(["agent/a": .yellow], ["agent/a": .yellow]) == [])
        #expect(changes([:], [:]) == [])
    }
}
