import Foundation
import GuildDomain

/// A file locked with `flock`, which the kernel releases when its holder dies.
///
/// Sendable because the descriptor is immutable and `flock` is safe from any thread.
package struct FileLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Opens the file, making it where there is none. It is not locked yet.
    package init(path: String) throws(LedgerFailure) { try self.init(path: path, flags: O_RDWR | O_CREAT) }

    /// Opens a file that another one made, to see whether it holds the lock.
    init(existing path: String) throws(LedgerFailure) { try self.init(path: path, flags: O_RDONLY) }

    private init(path: String, flags: Int32) throws(LedgerFailure) {
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        let problem = errno
        guard descriptor >= 0 else {
            switch problem {
            case EACCES, EROFS, EPERM: throw .readOnly(path: path)
            case ENOSPC, EDQUOT: throw .full(path: path)
            default: throw .unusable(path: path, reason: String(cString: strerror(problem)))
            }
        }
    }

    deinit { close(descriptor) }

    package func lock() { while flock(descriptor, LOCK_EX) != 0, errno == EINTR {} }

    /// Waits for whoever holds it alone; others may share it.
    func lockShared() { while flock(descriptor, LOCK_SH) != 0, errno == EINTR {} }

    /// - Returns: whether nobody holds it alone; then it is shared with whoever else does.
    func tryLockShared() -> Bool { flock(descriptor, LOCK_SH | LOCK_NB) == 0 }

    /// - Returns: whether the lock was free.
    package func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// - Returns: whether nobody holds it. Several may ask at once, so it is asked with a shared lock.
    func isFree() -> Bool { flock(descriptor, LOCK_SH | LOCK_NB) == 0 }

    package func unlock() { flock(descriptor, LOCK_UN) }
}
