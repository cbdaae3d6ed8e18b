import Foundation
import GuildDomain

/// One anchoring at a time in a repository, among the processes of this host.
///
/// git and libgit2 lock a ref by making a file, which a killed process leaves behind forever. This lock is the
/// kernel's, and its file says while the ref is being moved; whoever then gets the lock from a dead one knows whose the
/// file was.
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

    /// Removes the file at `path` where an anchoring died while it moved the ref.
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
