import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct EventsTests {
    private let policy = AcceptancePolicy(actor: "webhook-gateway")

    @Test func `an accepted event is stored, queued and audited at once`() async throws {
        try await withLedger { ledger async throws in
            let seen = ledger.signal(.inbound).generation
            let event = Event.sample("one", payload: #"{"a": 1}"#, priority: .high)
            #expect(try await ledger.events.accept(event, policy: policy, now: start) == .accepted(event.id))
            #expect(ledger.signal(.inbound).generation != seen)
            #expect(try await ledger.events.find(event.id) == event)
            #expect(try await ledger.dispatch.inbound(limit: 10, now: start).map(\.event) == [event])
            #expect(try await ledger.auditKinds() == ["event.accepted"])
            #expect(try await ledger.events.find(EventID(derivedFrom: ["another"])) == nil)
        }
    }

    @Test func `the same delivery again is a duplicate, of which the chain names the first`() async throws {
        try await withLedger { ledger async throws in
            let event = Event.sample("one")
            _ = try await ledger.events.accept(event, policy: policy, now: start)
            #expect(
                try await ledger.events.accept(event, policy: policy, now: start + .seconds(9)) == .duplicate(event.id))
            #expect(try await ledger.dispatch.inbound(limit: 10, now: start).count == 1)
            #expect(try await ledger.auditKinds() == ["event.accepted", "event.duplicate"])
            #expect(try await ledger.text("SELECT subject FROM audit WHERE seq = 2") == event.id.description)
        }
    }

    @Test func `captured deliveries make the chain grow by an entry an hour, which counts them`() async throws {
        try await withLedger { ledger async throws in
            var policy = policy
            policy.bodyDigest = ContentDigest.bytes(of: [1])
            policy.dedupWindow = .seconds(86_400)
            _ = try await ledger.events.accept(.sample("first"), policy: policy, now: start)
            for number in 0..<50 {
                let now = start + .seconds(number)
                _ = try await ledger.events.accept(.sample("replay \(number)"), policy: policy, now: now)
            }
            #expect(try await ledger.auditKinds() == ["event.accepted", "event.duplicate"])
            let late = start + .seconds(3700)
            _ = try await ledger.events.accept(.sample("late"), policy: policy, now: late)
            let times =
                "SELECT CAST(json_extract(CAST(body AS TEXT), '$.times') AS TEXT) FROM audit_bodies ORDER BY seq DESC LIMIT 1"
            #expect(try await ledger.text(times) == "50")
            for number in 0..<9 {
                _ = try await ledger.events.accept(.sample("more \(number)"), policy: policy, now: late)
            }
            // What is left of an hour is said by whoever keeps house.
            _ = try await ledger.upkeep.keepHouse(
                RetentionPlan(
                    rawMessages: .seconds(86_400 * 90), aggregatedMetrics: nil, auditLogs: nil, policy: "test"),
                actor: "retention", now: late + .seconds(3601))
            #expect(try await ledger.text(times) == "9")
            #expect(try await ledger.count("SELECT count(*) FROM duplicates") == 0)
            #expect(try await ledger.auditKinds().count == 4)
        }
    }

    @Test func `the payload's digest is that of its bytes, whatever else it is known by`() async throws {
        try await withLedger { ledger async throws in
            var policy = policy
            policy.bodyDigest = ContentDigest.bytes(of: [1])
            let event = Event.sample("one", payload: #"{"a": 1}"#)
            _ = try await ledger.events.accept(event, policy: policy, now: start)
            #expect(
                try await ledger.text("SELECT json_extract(CAST(body AS TEXT), '$.payload_sha256') FROM audit_bodies")
                    == ContentDigest.hex(of: event.payload))
        }
    }

    @Test func `an event comes back with its sender and with what its own sender said`() async throws {
        try await withLedger { ledger async throws in
            var event = Event.sample("one")
            event.sender = EventSender(id: "github/3", isOutsider: true)
            event.attributes.contentType = "text/plain"
            event.attributes.extensions = ["tenant": "acme"]
            _ = try await ledger.events.accept(event, policy: policy, now: start)
            #expect(try await ledger.events.find(event.id) == event)
        }
    }

    @Test func `the same event offered by many at once is accepted once`() async throws {
        try await withTwoLedgers { one, two async throws in
            let event = Event.sample("one")
            let accepted = try await withThrowingTaskGroup(of: Acceptance.self) { group in
                for number in 0..<40 {
                    let ledger = number.isMultiple(of: 2) ? one : two
                    group.addTask { try await ledger.events.accept(event, policy: policy, now: start) }
                }
                return try await group.reduce(into: [Acceptance]()) { $0.append($1) }
            }
            #expect(accepted.filter { $0 == .accepted(event.id) }.count == 1)
            #expect(accepted.filter { $0 == .duplicate(event.id) }.count == 39)
        }
    }

    @Test func `the same body under another id is a duplicate until its digest expires`() async throws {
        try await withLedger { ledger async throws in
            var policy = policy
            policy.bodyDigest = ContentDigest.bytes(of: [1, 2, 3])
            policy.dedupWindow = .seconds(60)
            let (one, two) = (Event.sample("one"), Event.sample("two"))
            #expect(try await ledger.events.accept(one, policy: policy, now: start) == .accepted(one.id))
            #expect(
                try await ledger.events.accept(two, policy: policy, now: start + .seconds(59)) == .duplicate(one.id))
            // The refused one left nothing behind: with another body it is taken.
            let late = start + .seconds(60)
            #expect(try await ledger.events.accept(two, policy: policy, now: late) == .accepted(two.id))
            // The event itself is retained beyond its digest.
            #expect(try await ledger.events.accept(one, policy: policy, now: late) == .duplicate(two.id))
            policy.bodyDigest = nil
            #expect(
                try await ledger.events.accept(one, policy: policy, now: late + .seconds(999)) == .duplicate(one.id))
        }
    }

    @Test func `expired digests go away as new ones come`() async throws {
        try await withLedger { ledger async throws in
            var policy = policy
            policy.dedupWindow = .seconds(60)
            for number in 0..<40 {
                let now = start + .seconds(number * 30)
                _ = try await ledger.events.accept(.sample("\(number)"), policy: policy, now: now)
            }
            #expect(try await ledger.count("SELECT count(*) FROM dedup") <= 3)
        }
    }

    @Test func `beyond its limit the queue refuses, and takes the same event later`() async throws {
        try await withLedger { ledger async throws in
            var policy = policy
            policy.queueLimit = 2
            for name in ["one", "two"] { _ = try await ledger.events.accept(.sample(name), policy: policy, now: start) }
            #expect(try await ledger.events.accept(.sample("three"), policy: policy, now: start) == .overloaded)
            #expect(try await ledger.count("SELECT count(*) FROM events") == 2)
            let first = try #require(try await ledger.dispatch.inbound(limit: 1, now: start).first)
            _ = try await ledger.dispatch.record(first, [], commit: "c", now: start)
            let three = Event.sample("three")
            #expect(try await ledger.events.accept(three, policy: policy, now: start) == .accepted(three.id))
        }
    }

    @Test func `one message that stays does not fill the queue`() async throws {
        try await withLedger { ledger async throws in
            var policy = policy
            policy.queueLimit = 5
            _ = try await ledger.events.accept(.sample("stays"), policy: policy, now: start)
            for number in 0..<20 {
                let event = Event.sample("\(number)")
                #expect(try await ledger.events.accept(event, policy: policy, now: start) == .accepted(event.id))
                let message = try #require(try await ledger.dispatch.inbound(limit: 9, now: start).last)
                _ = try await ledger.dispatch.record(message, [], commit: "c", now: start)
            }
            #expect(try await ledger.reports.status().inboundDepth == 1)
        }
    }

    @Test func `a large payload goes to a file and comes back whole`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let payload = "\"" + String(repeating: "ü", count: 80_000) + "\""
            let event = Event.sample("large", payload: payload)
            #expect(try await ledger.events.accept(event, policy: policy, now: start) == .accepted(event.id))
            #expect(try await ledger.events.find(event.id) == event)
            #expect(try await ledger.text("SELECT body_ref FROM events") == ContentDigest.hex(of: event.payload))
            #expect(try await ledger.events.accept(event, policy: policy, now: start) == .duplicate(event.id))
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder.location.bodiesFolder)
            #expect(files.count == 2)
        }
    }

    @Test func `an event whose body was lost does not block those behind it`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            _ = try await ledger.events.accept(
                .sample("large", payload: "\"" + String(repeating: "x", count: 70_000) + "\""), policy: policy,
                now: start)
            _ = try await ledger.events.accept(.sample("small"), policy: policy, now: start)
            try FileManager.default.removeItem(atPath: folder.location.bodiesFolder)
            let messages = try await ledger.dispatch.inbound(limit: 10, now: start)
            #expect(messages.map { $0.event.payload.count } == [0, 2])
            await #expect(throws: RowFault.self) { try await ledger.events.find(EventID(derivedFrom: ["large"])) }
        }
    }
}
