import Crypto
import Foundation
import GuildDomain

/// Files that are on disk when a call returns, with their content.
enum DurableFile {
    /// A file as a list of sums names it.
    struct Sum: Sendable, Hashable {
        let digest: String
        let bytes: Int64
    }

    private static let chunkBytes = 1 << 20

    /// Copies a file into a new one, synced.
    ///
    /// - Returns: the copied content.
    static func copy(_ source: String, to destination: String) throws(LedgerFailure) -> Sum {
        let descriptor = open(destination, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .ofFile(destination, errno) }
        defer { close(descriptor) }
        var problem: Int32 = 0
        let sum = try read(source) { chunk in
            problem = write(chunk, to: descriptor)
            return problem == 0
        }
        if problem == 0, fsync(descriptor) != 0 { problem = errno }
        guard problem == 0 else { throw .ofFile(destination, problem) }
        return sum
    }

    /// Reads the file to its end.
    static func sum(of path: String) throws(LedgerFailure) -> Sum { try read(path) { _ in true } }

    /// Writes a new file, synced.
    static func write(_ bytes: [UInt8], to path: String) throws(LedgerFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .ofFile(path, errno) }
        defer { close(descriptor) }
        var problem = write(bytes[...], to: descriptor)
        if problem == 0, fsync(descriptor) != 0 { problem = errno }
        guard problem == 0 else { throw .ofFile(path, problem) }
    }

    /// Makes another program's output file durable.
    static func sync(_ path: String) throws(LedgerFailure) {
        let descriptor = try openPlain(path, O_RDONLY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .ofFile(path, errno) }
    }

    /// Renames within one folder, and makes the name durable.
    static func move(_ source: String, to destination: String) throws(LedgerFailure) {
        guard rename(source, destination) == 0 else { throw .ofFile(destination, errno) }
        try BodyStore.sync(folder: (destination as NSString).deletingLastPathComponent)
    }

    /// Creates a folder if there is none. An existing one must be a real folder of our own: otherwise files would be
    /// stored or deleted at the target of a planted link.
    static func makeFolder(_ path: String) throws(LedgerFailure) {
        if mkdir(path, 0o700) == 0 { return }
        guard errno == EEXIST else { throw .ofFile(path, errno) }
        try requireFolder(path)
    }

    /// Requires a folder that is not a link and belongs to us.
    static func requireFolder(_ path: String) throws(LedgerFailure) {
        do throws(PlainFile.Problem) {
            try PlainFile.requireFolder(path)
        } catch {
            throw .ofFile(path, error)
        }
    }

    /// Opens a regular file by its own name.
    static func openPlain(_ path: String, _ flags: Int32) throws(LedgerFailure) -> Int32 {
        do throws(PlainFile.Problem) {
            return try PlainFile.open(path, flags)
        } catch {
            throw .ofFile(path, error)
        }
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// 0 if there is none.
    static func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// - Returns: 0, or the `errno` of the failed call.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int32 {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return written < 0 ? errno : EIO }
            rest = rest.dropFirst(written)
        }
        return 0
    }

    private static func read(
        _ path: String, _ take: (ArraySlice<UInt8>) -> Bool
    ) throws(LedgerFailure) -> Sum {
        let descriptor = try openPlain(path, O_RDONLY)
        defer { close(descriptor) }
        var hash = SHA256()
        var bytes: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .ofFile(path, errno) }
            guard count > 0 else { break }
            buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bytes += Int64(count)
            guard take(buffer[..<count]) else { break }
        }
        return Sum(digest: ContentDigest.hex(bytes: hash.finalize()), bytes: bytes)
    }
}

extension LedgerFailure {
    static func ofFile(_ path: String, _ problem: PlainFile.Problem) -> LedgerFailure {
        problem.code == EINVAL || problem.code == ELOOP
            ? .unusable(path: path, reason: problem.reason) : .ofFile(path, problem.code)
    }

    /// The meaning of an `errno` for a file of the ledger.
    static func ofFile(_ path: String, _ problem: Int32) -> LedgerFailure {
        switch problem {
        case ENOSPC, EDQUOT: .full(path: path)
        case EACCES, EROFS, EPERM: .readOnly(path: path)
        default: .unusable(path: path, reason: SystemError.words(problem))
        }
    }
}
