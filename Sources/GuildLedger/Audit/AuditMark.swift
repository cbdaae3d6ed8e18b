import GuildDomain

/// How far the chain was found good, and when.
struct AuditMark: Sendable, Hashable {
    static let format = "guild.audit.verified/1"
    private static let limitBytes = 64 << 10

    let ledger: LedgerID
    let position: AuditPosition
    let at: Timestamp

    init(ledger: LedgerID, position: AuditPosition, at: Timestamp) {
        self.ledger = ledger
        self.position = position
        self.at = at
    }

    /// - Returns: nil if there is none, it cannot be read, or it is of another ledger; then everything is verified.
    static func load(_ path: String, ledger: LedgerID) -> AuditMark? {
        // Losing the error is safe: without the mark more is verified, not less.
        guard let bytes = try? PlainFile.contents(path, limitBytes: limitBytes),
            let json = try? JSONParser.parse(bytes),
            let mark = try? AuditMark(json: json, from: path), mark.ledger == ledger
        else { return nil }
        return mark
    }

    private init(json: JSONValue, from place: String) throws(AuditFailure) {
        let document = AuditDocument(json, place: place)
        try document.require(format: Self.format)
        let seq = try document.count("seq")
        let subtrees = try document.hashes("subtrees", limit: 64)
        guard let frontier = MerkleFrontier(size: seq, subtrees: subtrees) else {
            throw document.problem("subtrees", "one hash for each bit of 'seq'")
        }
        guard let at = json["at"]?.string.flatMap({ Timestamp(rfc3339: $0) }) else {
            throw document.problem("at", "a time")
        }
        self.init(
            ledger: try document.ledger(),
            position: AuditPosition(seq: seq, hash: try document.hash("hash"), frontier: frontier), at: at)
    }

    /// Replaces the file whole.
    func save(_ path: String) {
        let json: JSONValue = [
            "format": .string(Self.format), "ledger": .string(ledger.description), "seq": .integer(position.seq),
            "hash": .hex(position.hash), "subtrees": .array(position.frontier.subtrees.map { .hex($0) }),
            "at": .string(at.rfc3339),
        ]
        // Losing the error is safe: the next verification begins further back.
        try? PlainFile.replace(path, with: json.bytes(.pretty))
    }
}
