import GuildDomain
import Hummingbird
import NIOCore

/// Reads the body of a request, within the limit of its route and the room that all bodies share.
struct BodyCollector {
    static let noRoom = "no room for more bodies"

    /// The part of an announced body that must have come before room for all of it is set aside.
    private static let announcedShare = 8

    let service: ListenerService
    let limitBytes: Int
    /// Whose quota it counts against.
    let client: AddressBlock?
    let channel: any Channel

    /// A body, and the room that it takes until `BodyBudget.end`.
    struct Collected {
        var bytes: [UInt8] = []
        var hold: BodyBudget.Hold?
    }

    /// - Throws: `Refusal` for a body that is too large or finds no room, `RequestFault` for one that breaks off.
    func collect(_ body: RequestBody, declared: Int?) async throws -> Collected {
        guard declared ?? 0 <= limitBytes else { throw tooLarge }
        var collected = Collected()
        do {
            for try await piece in body {
                guard piece.readableBytes <= limitBytes - collected.bytes.count else { throw tooLarge }
                let now = NIODeadline.now().uptimeNanoseconds
                let hold = collected.hold ?? begin(now)
                collected.hold = hold
                try take(piece.readableBytes, for: hold, now)
                append(piece, to: &collected.bytes, declared: declared)
            }
            if let hold = collected.hold, !service.bodies.complete(hold) { throw Refusal(service.full(Self.noRoom)) }
        } catch {
            if let hold = collected.hold { service.bodies.end(hold) }
            throw error
        }
        return collected
    }

    private func begin(_ now: UInt64) -> BodyBudget.Hold {
        let hold = BodyBudget.Hold(client: client) { [channel] in
            channel.pipeline.fireUserInboundEventTriggered(RequestEvent.bodyGaveWay)
        }
        service.bodies.begin(hold, now: now)
        return hold
    }

    private func take(_ count: Int, for hold: BodyBudget.Hold, _ now: UInt64) throws(Refusal) {
        switch service.bodies.take(count, for: hold, now: now) {
        case .taken: break
        case .addressIsFull:
            service.refusals.count("bodies over the quota of one address")
            throw Refusal(service.overQuota)
        case .full:
            service.refusals.count("bodies without room")
            throw Refusal(service.full(Self.noRoom))
        }
    }

    /// Appends a piece to the body. Once a good part of the announced length has arrived, room for all of it is
    /// reserved, which costs nothing until it is used: growing by doubling would hold a large body twice.
    private func append(_ piece: ByteBuffer, to bytes: inout [UInt8], declared: Int?) {
        let count = bytes.count + piece.readableBytes
        if count > bytes.capacity, let declared, count <= declared, declared / Self.announcedShare <= count {
            bytes.reserveCapacity(declared)
        }
        piece.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
    }

    private var tooLarge: Refusal {
        service.refusals.count("bodies over the limit of their route")
        return Refusal(
            .problem(
                status: 413, detail: "a body here may have \(limitBytes) bytes"))
    }
}

/// An answer that is given before the body has been read to its end.
struct Refusal: Error {
    let reply: Reply
    /// Whether a short rest of the body is worth reading, to keep the connection.
    var keepsConnection = false

    init(_ reply: Reply, keepsConnection: Bool = false) {
        self.reply = reply
        self.keepsConnection = keepsConnection
    }
}
