import Foundation
import GuildDomain

/// Bodies over 64 KiB, each in a file named by its SHA-256, synced before the row that names it is written.
package struct BodyStore: Sendable {
    /// A body as a row holds it: the bytes themselves, or the digest of their file.
    package enum Stored: Sendable, Hashable {
        case inline([UInt8])
        case file(digest: String)

        /// The bytes, if the row has them.
        var inline: [UInt8]? { if case .inline(let bytes) = self { bytes } else { nil } }
        var digest: String? { if case .file(let digest) = self { digest } else { nil } }
    }

    package static let inlineLimitBytes = 64 << 10

    let folder: String

    init(folder: String) { self.folder = folder }

    /// Stores a body and hands it to `use`, which writes the row that names it. Until that returns no sweep takes the
    /// file, be it new or one that nobody has named for long.
    func storing<Value>(_ body: [UInt8], _ use: (Stored) async throws -> Value) async throws -> Value {
        guard body.count > Self.inlineLimitBytes else { return try await use(.inline(BodyCodec.standard.encode(body))) }
        return try await holding { try await use(try store(body)) }
    }

    /// As for one body: for rows that one transaction writes.
    func storing<Value>(_ bodies: [[UInt8]], _ use: ([Stored]) async throws -> Value) async throws -> Value {
        guard bodies.contains(where: { $0.count > Self.inlineLimitBytes }) else {
            return try await use(bodies.map { .inline(BodyCodec.standard.encode($0)) })
        }
        return try await holding { try await use(try bodies.map(store)) }
    }

    private func holding<Value>(_ use: () async throws -> Value) async throws -> Value {
        let hold = try FileLock(path: lockPath)
        hold.lockShared()
        defer { hold.unlock() }
        return try await use()
    }

    /// Shared by code that is about to name a body or that copies bodies; a sweep takes it alone.
    var lockPath: String { folder + ".lock" }

    func store(_ body: [UInt8]) throws(LedgerFailure) -> Stored {
        guard body.count > Self.inlineLimitBytes else { return .inline(BodyCodec.standard.encode(body)) }
        let digest = ContentDigest.hex(of: body)
        let path = path(of: digest)
        let parent = (path as NSString).deletingLastPathComponent
        if access(path, F_OK) != 0 {
            if mkdir(parent, 0o700) == 0 {
                try Self.sync(folder: folder)
            } else if errno != EEXIST {
                throw .ofFile(parent, errno)
            } else {
                try DurableFile.requireFolder(parent)
            }
            try write(body, to: path)
        }
        // Also if another writer has just renamed it into place: our row must not outlive its directory entry.
        try Self.sync(folder: parent)
        return .file(digest: digest)
    }

    /// The largest file that is read: far above every limit on bodies.
    static let limitBytes = 256 << 20

    /// The payload of an event.
    ///
    /// - Throws: `RowFault` if it is damaged or missing, which fails only what the event belongs to; `LedgerFailure` if
    ///   it cannot be read now.
    func payload(_ stored: Stored, of event: EventID) throws -> [UInt8] {
        do throws(LedgerFailure) {
            return try load(stored)
        } catch {
            switch error {
            case .damagedBody(let reason): throw RowFault.payload(of: event, reason, mayBeNewer: false)
            case .unknownBody(let reason): throw RowFault.payload(of: event, reason, mayBeNewer: true)
            default: throw error
            }
        }
    }

    /// An event with its payload; it throws what `payload` does.
    func whole(_ event: Event, _ stored: Stored) throws -> Event {
        var event = event
        event.payload = try payload(stored, of: event.id)
        return event
    }

    /// - Throws: `LedgerFailure.damagedBody` if the file is gone or no longer has its digest; `.unknownBody` if a newer
    ///   guild may have written it; `.unusable` if it cannot be read now.
    func load(_ stored: Stored) throws(LedgerFailure) -> [UInt8] {
        switch stored {
        case .inline(let stored):
            // An erased one.
            guard !stored.isEmpty else { return [] }
            do throws(BodyFault) {
                return try BodyCodec.standard.decode(stored, limitBytes: Self.inlineLimitBytes)
            } catch {
                if error.mayBeNewer { throw .unknownBody(reason: error.message) }
                if error == .noMemory { throw .unusable(path: folder, reason: error.message) }
                throw .damagedBody(reason: error.message)
            }
        case .file(let digest):
            let path = path(of: digest)
            let found: [UInt8]?
            do throws(PlainFile.Problem) {
                found = try PlainFile.contents(path, limitBytes: Self.limitBytes)
            } catch {
                guard ![EINVAL, ELOOP, ENOTDIR].contains(error.code) else {
                    throw .damagedBody(reason: "\(path): \(error.reason)")
                }
                throw .unusable(path: path, reason: "the body cannot be read: \(error.reason)")
            }
            guard let bytes = found else { throw .damagedBody(reason: "\(path): it is missing") }
            guard ContentDigest.hex(of: bytes) == digest else {
                throw .damagedBody(reason: "\(path): it is not what was stored")
            }
            return bytes
        }
    }

    /// Makes the names in a folder durable.
    static func sync(folder: String) throws(LedgerFailure) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .ofFile(folder, errno) }
        let problem = fsync(descriptor) == 0 ? 0 : errno
        close(descriptor)
        guard problem == 0 else { throw .ofFile(folder, problem) }
    }

    func path(of digest: String) -> String { "\(folder)/\(digest.prefix(2))/\(digest.dropFirst(2))" }

    /// Writes a temporary file, syncs it and renames it: after a crash it is whole or not there.
    private func write(_ body: [UInt8], to path: String) throws(LedgerFailure) {
        var random = SystemRandomNumberGenerator()
        let temporary = "\(path).\(random.next()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .ofFile(path, errno) }
        var problem = DurableFile.write(body[...], to: descriptor)
        if problem == 0, fsync(descriptor) != 0 { problem = errno }
        close(descriptor)
        if problem == 0, rename(temporary, path) != 0 { problem = errno }
        guard problem != 0 else { return }
        unlink(temporary)
        throw .ofFile(path, problem)
    }
}
