import Foundation
import GuildDomain

/// The ledgers that the state folder knows, each with the codex it belongs to.
///
///     $XDG_STATE_HOME/guild/known.lock                  taken by whoever changes a record
///     $XDG_STATE_HOME/guild/NAME-8 HEX/codex.json       a `LedgerRecord`
///     $XDG_STATE_HOME/guild/NAME-8 HEX/ledger.sqlite    its ledger, unless the record names another
package struct KnownLedgers: Sendable {
    /// `$XDG_STATE_HOME/guild`.
    package let folder: String

    private static let fileName = "codex.json"
    private static let largestRecordBytes = 64 << 10
    /// Folders looked through, and places of one codex remembered.
    private static let maximumFolders = 10_000
    package static let maximumPlaces = 100

    /// - Parameter environment: `XDG_STATE_HOME`; without it `~/.local/state`, the home from the password database.
    package init(environment: [String: String]) {
        folder = LedgerLocation.stateFolder(environment) + "/guild"
    }

    /// The folder of a codex's ledger: `NAME-8 HEX`, with the first digits of its id.
    package func folder(name: String, id: String) -> String { "\(folder)/\(name)-\(id.prefix(8))" }

    /// Every record, in the order of the folders' names.
    package func all() -> [LedgerRecord] { folders().compactMap { record(in: $0) } }

    /// - Parameter name: of the repository; the record is found under it, unless the repository was renamed since.
    package func record(of id: String, name: String) -> LedgerRecord? {
        if let record = record(in: folder(name: name, id: id)), record.id == id { return record }
        return all().first { $0.id == id }
    }

    /// Whether a ledger belongs to a codex, so that another one may take it only explicitly.
    package func isTaken(_ location: LedgerLocation) -> Bool {
        let real = location.followingLink()
        return record(in: real.folder)?.ledger == real || all().contains { $0.ledger == real }
    }

    /// Runs `body` while no other process changes a record.
    package func withLock<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw LedgerFailure.unusable(path: folder, reason: "cannot create it: \(SystemError.words(error))")
        }
        let lock = try FileLock(path: folder + "/known.lock")
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }

    /// Writes a record in place of an earlier one of that codex.
    ///
    /// The caller holds the lock.
    package func save(_ record: LedgerRecord, name: String) throws {
        var record = record
        if record.places.count > Self.maximumPlaces {
            record.places.removeFirst(record.places.count - Self.maximumPlaces)
        }
        let earlier = folders().first { self.record(in: $0)?.id == record.id }
        let beside = record.ledger.folder
        let isOurs = (beside as NSString).deletingLastPathComponent == folder
        let target = earlier ?? (isOurs ? beside : folder(name: name, id: record.id))
        try DurableFile.makeFolder(target)
        let path = "\(target)/\(Self.fileName)"
        let new = "\(path).new"
        // Of an earlier attempt that was killed; we hold the lock.
        unlink(new)
        try DurableFile.write(Array((record.json.text() + "\n").utf8), to: new)
        try DurableFile.move(new, to: path)
    }

    private func folders() -> [String] {
        // If there is no state folder yet, nothing is known.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().prefix(Self.maximumFolders).map { "\(folder)/\($0)" }
    }

    /// - Returns: nil also if the file is not a record: an unreadable file identifies no ledger.
    private func record(in folder: String) -> LedgerRecord? {
        let descriptor = open("\(folder)/\(Self.fileName)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: Self.largestRecordBytes)
        let count = read(descriptor, &bytes, bytes.count)
        // Losing the error is safe: a file that is not JSON is not a record.
        guard count > 0, let json = try? JSONParser.parse(Array(bytes[..<count])) else { return nil }
        return LedgerRecord(json: json)
    }
}
