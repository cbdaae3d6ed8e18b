import Foundation
import GuildDomain

/// A file locked with `flock`, which the kernel releases when its holder dies.
///
/// Sendable because the descriptor is immutable and `flock` is safe from any thread.
package struct FileLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Opens the file, making it if there is none. It is not locked yet.
    package init(path: String) throws(LedgerFailure) { try self.init(path: path, flags: O_RDWR | O_CREAT) }

    /// Opens a file that another one made, to see whether it holds the lock.
    init(existing path: String) throws(LedgerFailure) { try self.init(path: path, flags: O_RDONLY) }

    /// A lock through a planted link would make a file wherever that leads.
    private init(path: String, flags: Int32) throws(LedgerFailure) {
        let opened = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard opened >= 0 else { throw .ofFile(path, PlainFile.Problem(code: errno)) }
        var status = stat()
        guard fstat(opened, &status) == 0, [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
            close(opened)
            throw .unusable(path: path, reason: "it is \(PlainFile.name(ofKind: status.st_mode)), not a file")
        }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Waits until the lock is free and takes it.
    package func lock() { while flock(descriptor, LOCK_EX) != 0, errno == EINTR {} }

    /// Waits for an exclusive holder; others may share it.
    func lockShared() { while flock(descriptor, LOCK_SH) != 0, errno == EINTR {} }

    /// - Returns: whether there is no exclusive holder; then it is shared with the other holders.
    func tryLockShared() -> Bool { flock(descriptor, LOCK_SH | LOCK_NB) == 0 }

    /// - Returns: whether the lock was free.
    package func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// - Returns: whether nobody holds it. Several may ask at once, so it is asked with a shared lock.
    func isFree() -> Bool { flock(descriptor, LOCK_SH | LOCK_NB) == 0 }

    /// Releases the lock.
    package func unlock() { flock(descriptor, LOCK_UN) }
}
