import Foundation
package import GuildDomain

/// The content of a backup, as its `manifest.json` describes it.
package struct BackupContents: Sendable, Hashable {
    /// When the backup was made.
    package let madeAt: Timestamp
    /// The version of guild that made it.
    package let version: String
    /// The ledger that it is a copy of.
    package let ledger: String
    package let databaseBytes: Int64
    /// The number of files of large bodies.
    package let bodies: Int
    /// The size of those files together.
    package let bodyBytes: Int64
    /// The number of audit entries.
    package let auditEntries: Int64
    /// The hash of the last audit entry, in hexadecimal.
    package let auditHead: String
    /// The commit of the codex that was accepted last; nil if none ever was, and of backups before 0.2.
    package let acceptedHead: String?
    /// Bodies that were gone or damaged in the ledger already.
    package let damagedBodies: [String]
    /// Rows, and payloads and answers in rows, that were damaged in the ledger already, for people; the first few.
    package let damagedRows: [String]
    /// How many there are in all.
    package let damagedRowCount: Int

    private static let format = "guild-ledger-backup"
    private static let formatVersion: Int64 = 1

    /// The content of `manifest.json`.
    package var json: JSONValue {
        [
            "format": .string(Self.format), "version": .integer(Self.formatVersion),
            "made_at": .string(madeAt.rfc3339), "guild": .string(version), "ledger": .string(ledger),
            "database_bytes": .integer(databaseBytes), "bodies": .integer(bodies), "body_bytes": .integer(bodyBytes),
            "audit": ["entries": .integer(auditEntries), "head": .string(auditHead)],
            "accepted_head": acceptedHead.map(JSONValue.string) ?? .null,
            "damaged_bodies": .array(damagedBodies.map { .string($0) }),
            "damaged_rows": .array(damagedRows.map { .string($0) }), "damaged_row_count": .integer(damagedRowCount),
        ]
    }
}

extension BackupContents {
    /// - Parameter path: of the backup, for messages.
    init(manifest json: JSONValue, path: String) throws(BackupFailure) {
        guard json["format"]?.string == Self.format, let version = json["version"]?.integer else {
            throw .notABackup(path: path, reason: "its \(BackupFolder.manifest) does not describe a backup of a ledger")
        }
        guard version <= Self.formatVersion else { throw .newerVersion(path: path) }
        guard let madeAt = json["made_at"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
            let guild = json["guild"]?.string, let ledger = json["ledger"]?.string,
            let databaseBytes = json["database_bytes"]?.integer, let bodies = json["bodies"]?.integer,
            let bodyBytes = json["body_bytes"]?.integer, let entries = json["audit"]?["entries"]?.integer,
            let head = json["audit"]?["head"]?.string
        else { throw .notABackup(path: path, reason: "its \(BackupFolder.manifest) is incomplete") }
        let damagedRows = json["damaged_rows"]?.array?.compactMap(\.string) ?? []
        self.init(
            madeAt: madeAt, version: guild, ledger: ledger, databaseBytes: databaseBytes, bodies: Int(clamping: bodies),
            bodyBytes: bodyBytes, auditEntries: entries, auditHead: head,
            acceptedHead: json["accepted_head"]?.string,
            damagedBodies: json["damaged_bodies"]?.array?.compactMap(\.string) ?? [],
            damagedRows: damagedRows,
            damagedRowCount: json["damaged_row_count"]?.integer.map { Int(clamping: $0) } ?? damagedRows.count)
    }
}

/// The folder that a backup is:
///
///     ledger.sqlite        the database, whole and without a log
///     bodies/xx/yyy…       the large bodies, each named by its SHA-256
///     manifest.json        what it holds, when it was made, the head of its audit chain
///     SHA256SUMS           a sum of every file, as `sha256sum -c` reads it
enum BackupFolder {
    static let database = "ledger.sqlite"
    static let bodies = "bodies"
    static let manifest = "manifest.json"
    static let sums = "SHA256SUMS"
    private static let manifestLimitBytes: Int64 = 16 << 20
    /// `HEX  bodies/xx/yyy…` and its end.
    private static let longestLine = 256

    /// A line of the sums.
    static func line(_ digest: String, _ name: String) -> String { "\(digest)  \(name)\n" }

    static func contents(of path: String) throws -> BackupContents {
        let file = "\(path)/\(manifest)"
        guard DurableFile.exists(file) else {
            throw BackupFailure.notABackup(path: path, reason: "it contains no \(manifest)")
        }
        guard DurableFile.size(of: file) <= manifestLimitBytes,
            // The reason does not matter to a person who restores.
            let data = try? PlainFile.contents(file, limitBytes: Int(manifestLimitBytes))
        else { throw BackupFailure.damaged(path: path, reason: "its \(manifest) cannot be read") }
        let json: JSONValue
        do {
            json = try JSONParser.parse(data)
        } catch {
            throw BackupFailure.damaged(path: path, reason: "its \(manifest) is \(error.message)")
        }
        return try BackupContents(manifest: json, path: path)
    }

    /// Passes each file of the list to `body`, with its listed name; no name leads out of the folder.
    ///
    /// - Returns: the names.
    static func eachSum(of path: String, _ body: (_ name: String, _ digest: String) throws -> Void) throws {
        // The reason does not matter to a person who restores.
        guard let descriptor = try? PlainFile.open("\(path)/\(sums)", O_RDONLY), let file = fdopen(descriptor, "r")
        else {
            throw BackupFailure.damaged(path: path, reason: "its \(sums) cannot be read")
        }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: longestLine)
        var seen: Set<String> = []
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let parts = line.split(separator: "  ", maxSplits: 1).map(String.init)
            guard parts.count == 2, let name = parts.last.map({ String($0.dropLast()) }), parts[1].hasSuffix("\n"),
                let digest = parts.first, BodyStore.isDigest(digest), isName(name, digest)
            else {
                throw BackupFailure.damaged(path: path, reason: "its \(sums) has an unknown line")
            }
            if !name.hasPrefix(bodies) { seen.insert(name) }
            try body(name, digest)
        }
        guard seen == [database, manifest] else {
            throw BackupFailure.damaged(path: path, reason: "its \(sums) is incomplete")
        }
    }

    private static func isName(_ name: String, _ digest: String) -> Bool {
        name == database || name == manifest || name == "\(bodies)/\(digest.prefix(2))/\(digest.dropFirst(2))"
    }
}
