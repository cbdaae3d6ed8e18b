import Foundation
import Synchronization
import GuildDomain

/// The bytes that go to standard output, for `Terminal`. It remembers that a write failed, so that a command that has
/// written half of what it has to say does not end as if it had said it all (a full disk behind `>`).
enum StandardOutput {
    private static let failure = Mutex<Int32?>(nil)

    /// Writes all of it.
    ///
    /// - Returns: false where nobody reads any more, or it cannot be written; then nothing more is.
    @discardableResult
    static func write(_ bytes: some Sequence<UInt8>) -> Bool {
        failure.withLock { failure in
            guard failure == nil else { return false }
            failure = write(Array(bytes), to: STDOUT_FILENO)
            return failure == nil
        }
    }

    /// Why not everything was written; nil where it was. A reader that went away (`| head`) is no failure of ours.
    static var reason: String? {
        failure.withLock { $0.flatMap { $0 == EPIPE ? nil : SystemError.words($0) } }
    }

    /// - Returns: the error of the system; nil where all was written.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                done += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Somebody who shares the descriptor made it non-blocking.
                var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&polled, 1, -1) >= 0 || errno == EINTR else { return errno }
            default: return errno
            }
        }
        return nil
    }
}
