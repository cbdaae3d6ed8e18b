package import GuildDomain

/// That one entry is in the tree of the first `size` entries (RFC 9162, section 2.1.3).
package struct AuditProof: Sendable, Hashable {
    package static let format = "guild.audit.proof/1"

    package let ledger: LedgerID
    package let seq: Int64
    /// How many entries the tree has.
    package let size: Int64
    /// The entry's `hash`, which the leaf consists of.
    package let hash: [UInt8]
    /// The hashes beside the way to the root, the lowest first: at most log2 of `size`, rounded up.
    package let path: [[UInt8]]
    package let root: [UInt8]

    /// Whether the path leads from the entry to the root.
    package var holds: Bool {
        guard seq > 0 else { return false }
        return MerkleTree.root(leaf: MerkleTree.leaf(hash), index: seq - 1, size: size, path: path) == root
    }

    package var json: JSONValue {
        [
            "format": .string(Self.format), "ledger": .string(ledger.description), "seq": .integer(seq),
            "size": .integer(size), "hash": .hex(hash), "path": .array(path.map { .hex($0) }), "root": .hex(root),
        ]
    }
}

extension AuditProof {
    private static let pathLimit = 64

    /// - Throws: `AuditFailure` naming the first member that is missing or is not what the format says.
    package init(json: JSONValue, from place: String) throws(AuditFailure) {
        let document = AuditDocument(json, place: place)
        try document.require(format: Self.format)
        ledger = try document.ledger()
        seq = try document.count("seq")
        size = try document.count("size")
        hash = try document.hash("hash")
        root = try document.hash("root")
        path = try document.hashes("path", limit: Self.pathLimit)
    }
}

/// The state of the audit log at one entry. If it is kept out of reach of anyone who can write the ledger, it pins
/// every entry up to there.
package struct AuditAnchor: Sendable, Hashable {
    package static let format = "guild.audit.anchor/1"

    package let ledger: LedgerID
    package let seq: Int64
    /// The entry's `hash`.
    package let hash: [UInt8]
    /// Of the tree of the first `seq` entries.
    package let root: [UInt8]
    package let at: Timestamp

    package init(ledger: LedgerID, seq: Int64, hash: [UInt8], root: [UInt8], at: Timestamp) {
        self.ledger = ledger
        self.seq = seq
        self.hash = hash
        self.root = root
        self.at = at
    }

    package var json: JSONValue {
        [
            "format": .string(Self.format), "ledger": .string(ledger.description), "seq": .integer(seq),
            "hash": .hex(hash), "root": .hex(root), "at": .string(at.rfc3339),
        ]
    }

    /// - Throws: `AuditFailure` naming the first member that is missing or is not what the format says.
    package init(json: JSONValue, from place: String) throws(AuditFailure) {
        let document = AuditDocument(json, place: place)
        try document.require(format: Self.format)
        ledger = try document.ledger()
        seq = try document.count("seq")
        hash = try document.hash("hash")
        root = try document.hash("root")
        guard let time = json["at"]?.string.flatMap({ Timestamp(rfc3339: $0) }) else {
            throw document.problem("at", "a time")
        }
        at = time
    }
}

/// Reads the small documents of the audit log, and reports the place of each problem.
struct AuditDocument {
    private let value: JSONValue
    private let place: String

    init(_ value: JSONValue, place: String) {
        self.value = value
        self.place = place
    }

    func problem(_ member: String, _ expected: String) -> AuditFailure {
        .badDocument(place: place, member: member, expected: expected)
    }

    func require(format: String) throws(AuditFailure) {
        guard value["format"]?.string == format else { throw problem("format", "'\(format)'") }
    }

    func ledger() throws(AuditFailure) -> LedgerID {
        guard let id = value["ledger"]?.string.flatMap({ LedgerID($0) }) else {
            throw problem("ledger", "a ledger's id of 26 letters and digits")
        }
        return id
    }

    func count(_ member: String) throws(AuditFailure) -> Int64 {
        guard let number = value[member]?.integer, number > 0 else { throw problem(member, "a number from 1") }
        return number
    }

    func hash(_ member: String) throws(AuditFailure) -> [UInt8] {
        guard let hash = value[member]?.string.flatMap({ ContentDigest.parse(hex: $0) }) else {
            throw problem(member, "64 hexadecimal digits")
        }
        return hash
    }

    func hashes(_ member: String, limit: Int) throws(AuditFailure) -> [[UInt8]] {
        guard let items = value[member]?.array, items.count <= limit else {
            throw problem(member, "at most \(limit) hashes")
        }
        var hashes: [[UInt8]] = []
        for item in items {
            guard let hash = item.string.flatMap({ ContentDigest.parse(hex: $0) }) else {
                throw problem(member, "hashes of 64 hexadecimal digits")
            }
            hashes.append(hash)
        }
        return hashes
    }
}

extension JSONValue {
    static func hex(_ bytes: [UInt8]) -> JSONValue { .string(ContentDigest.hex(bytes: bytes)) }
}
