import Foundation
import GuildDomain

/// Allows one anchoring at a time in a repository, among the processes of this host.
///
/// git and libgit2 lock a ref by creating a file, which a killed process leaves behind forever. This lock is the
/// kernel's, and its file records that the ref is being moved; the process that gets the lock after a dead one thus
/// knows whose the ref's lock file was.
///
/// Sendable because the descriptor is immutable and `flock` is safe from any thread.
struct AnchorLock: ~Copyable, Sendable {
    private let descriptor: Int32
    private static let name = "guild-audit.lock"

    init(folder: String) throws(AnchorFailure) {
        let path = folder + "/" + Self.name
        do throws(PlainFile.Problem) {
            descriptor = try PlainFile.open(path, O_RDWR | O_CREAT, mode: 0o644)
        } catch {
            throw .notWritable(place: folder, detail: "\(path): \(error.reason)")
        }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    }

    deinit { close(descriptor) }

    /// Removes the file at `path` if an anchoring died while it moved the ref.
    func clear(_ path: String) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return }
        unlink(path)
        end()
    }

    func begin() {
        var mark = UInt8(ascii: "1")
        pwrite(descriptor, &mark, 1, 0)
    }

    func end() { ftruncate(descriptor, 0) }
}
