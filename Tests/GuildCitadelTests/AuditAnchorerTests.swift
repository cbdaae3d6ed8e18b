import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@Suite struct AuditAnchorerTests {
    private func anchorer(_ house: Deployment) -> AuditAnchorer {
        AuditAnchorer(
            audit: house.ledger.audit, anchors: house.access.repository.anchors, time: house.time, actor: "user:ada")
    }

    /// - Parameter settings: `audit` of the Guild; nil is the head's own.
    private func anchoring(_ house: Deployment, _ settings: String? = nil) throws -> AuditAnchoring {
        let other = try settings.map { settings in
            let head = try OfficeCodex.snapshot([
                "guild.yaml": OfficeCodex.manifest("Guild", "acme", "audit: { \(settings) }")
            ])
            return CurrentCodex(head) { _ in head }
        }
        return AuditAnchoring(
            audit: house.ledger.audit, anchors: house.access.repository.anchors, codex: other ?? house.codex,
            time: house.time,
            logger: silent)
    }

    private func append(_ ledger: Ledger, _ count: Int = 1) async throws {
        for number in 0..<count {
            try await ledger.audit.append(
                AuditEntry(
                    at: start + .seconds(number), actor: "user:ada", kind: .operatorCommand, subject: "\(number)",
                    body: ["n": .integer(number)]))
        }
    }

    private func verdict(_ house: Deployment) async throws -> AuditVerdict {
        var verification = AuditVerification()
        verification.checkpoints = try AuditAnchorer.checkpoints(
            of: try await house.ledger.audit.ledgerID(), in: house.access.repository.anchors)
        return try await house.ledger.audit.verify(verification, now: house.time.now)
    }

    @Test func `each anchor builds on the one before, and all of them are compared with`() async throws {
        let building = try House()
        defer { building.keep() }
        let house = try await building.deployment()
        defer { house.close() }
        #expect(try await anchorer(house).anchor() == .empty)
        #expect(throws: AnchorsMissing.self) {
            try AuditAnchorer.checkpoints(of: LedgerID(high: 1, low: 1), in: house.access.repository.anchors)
        }
        for round in 1...3 {
            try await append(house.ledger, 2)
            guard case .anchored(let anchor, let commit, isSigned: false) = try await anchorer(house).anchor() else {
                Issue.record("nothing anchored in round \(round)")
                continue
            }
            #expect(anchor.seq == Int64(3 * round - 1))
            #expect(try await anchorer(house).anchor() == .standing(anchor, commit: commit))
        }
        let verdict = try await verdict(house)
        #expect(verdict.problem == nil)
        // Three in git, and the ledger's record of them.
        #expect(verdict.anchors == 6)
        let names = try AuditAnchorer.checkpoints(
            of: try await house.ledger.audit.ledgerID(), in: house.access.repository.anchors)
        #expect(names.map(\.anchor.seq) == [2, 5, 8])
        let missing = #expect(throws: AnchorsMissing.self) {
            try AuditAnchorer.checkpoints(of: LedgerID(high: 1, low: 1), in: house.access.repository.anchors)
        }
        #expect(missing?.others.count == 1)
    }

    @Test func `anchors made at once are one line, and each is of this log`() async throws {
        let building = try House()
        let houses = [try await building.deployment(), try await building.deployment()]
        defer { for house in houses { house.close() } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                let house = houses[number % 2]
                group.addTask {
                    try await append(house.ledger)
                    _ = try await anchorer(house).anchor()
                }
            }
            try await group.waitForAll()
        }
        _ = try await anchorer(houses[0]).anchor()
        let anchors = try AuditAnchorer.checkpoints(
            of: try await houses[0].ledger.audit.ledgerID(), in: houses[0].access.repository.anchors)
        #expect(anchors.map(\.anchor.seq) == anchors.map(\.anchor.seq).sorted())
        #expect(Set(anchors.map(\.anchor.seq)).count == anchors.count)
        #expect(try await verdict(houses[1]).problem == nil)
    }

    @Test func `it is due after so many entries, or so much time with any entry at all`() async throws {
        let time = ManualTime(start)
        let building = try House(time: time)
        defer { building.keep() }
        let house = try await building.deployment()
        defer { house.close() }
        let anchoring = try anchoring(house, "anchor_every: 3, anchor_minutes: 10")
        #expect(try await anchoring.due(now: start) == nil)
        try await append(house.ledger)
        #expect(try await anchoring.due(now: start) == start + .seconds(600))
        try await append(house.ledger, 2)
        #expect(try await anchoring.due(now: start) == start)
        #expect(await anchoring.anchor())
        #expect(try await anchoring.due(now: start + .seconds(9999)) == nil)
        time.advance(by: .seconds(60))
        try await append(house.ledger)
        #expect(try await anchoring.due(now: time.now) == start + .seconds(600))
        // A clock set back does not put it off.
        #expect(try await anchoring.due(now: start - .seconds(5000)) == start - .seconds(4400))
        let off = try self.anchoring(house, "anchor: false, anchor_every: 3, anchor_minutes: 10")
        #expect(try await off.due(now: start + .seconds(9999)) == nil)
    }

    @Test func `the service sleeps while nothing is written, and anchors when it is due`() async throws {
        let time = ManualTime(start)
        let building = try House(time: time)
        defer { building.keep() }
        let house = try await building.deployment()
        defer { house.close() }
        let anchoring = try anchoring(house, "anchor_every: 2")
        try await append(house.ledger)
        let running = Task { try await anchoring.run() }
        // With one entry there is nothing to do for an hour.
        await time.waitForSleeper(until: start + .seconds(3600))
        try await append(house.ledger)
        // Its pause after the commit.
        await time.waitForSleeper(until: start + .seconds(5))
        let written = house.ledger.signal(.audit)
        time.advance(by: .seconds(5))
        while true {
            let seen = written.generation
            if try await house.ledger.audit.recordedAnchors().count == 1 { break }
            await written.wait(after: seen)
        }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(try house.access.repository.anchors.newest() != nil)
    }

    @Test func `a log that was made anew is not anchored`() async throws {
        let building = try House()
        let path = building.folder.ledger.path
        try await building.deployment().close()
        let parts = ["", "-wal"].filter { FileManager.default.fileExists(atPath: path + $0) }
        for part in parts { try FileManager.default.copyItem(atPath: path + part, toPath: path + ".old" + part) }
        let house = try await building.deployment()
        try await append(house.ledger, 3)
        _ = try await anchorer(house).anchor()
        house.close()
        // The same ledger, with another history.
        for part in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + part) {
            try FileManager.default.removeItem(atPath: path + part)
        }
        for part in parts { try FileManager.default.moveItem(atPath: path + ".old" + part, toPath: path + part) }
        let other = try await building.deployment()
        defer { other.close() }
        try await append(other.ledger, 1)
        let cut = await #expect(throws: AnchorRefused.self) { try await anchorer(other).anchor() }
        #expect(cut?.problem.seq == 2)
        try await append(other.ledger, 9)
        let refusal = await #expect(throws: AnchorRefused.self) { try await anchorer(other).anchor() }
        #expect(refusal?.kind == .failed)
        #expect(try await verdict(other).problem?.reason.contains("rewritten") == true)
        #expect(try await anchoring(other).anchor() == false)
    }
}

extension House {
    /// Keeps the folder until here: it goes with the last reference to this.
    fileprivate func keep() {}
}
