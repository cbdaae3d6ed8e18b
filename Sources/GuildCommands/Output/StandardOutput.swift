import Foundation
import Synchronization
import GuildDomain

/// Writes bytes to standard output, for `Terminal`. It remembers a failed write, so that a command whose output was cut
/// (a full disk behind `>`) does not report success.
enum StandardOutput {
    private static let failure = Mutex<Int32?>(nil)

    /// Writes all of it.
    ///
    /// - Returns: false if the reader has gone away, or the write failed; then nothing more is written.
    @discardableResult
    static func write(_ bytes: some Sequence<UInt8>) -> Bool {
        failure.withLock { failure in
            guard failure == nil else { return false }
            failure = write(Array(bytes), to: STDOUT_FILENO)
            return failure == nil
        }
    }

    /// Why the output is incomplete; nil if it is complete. A reader that went away (`| head`) is not our failure.
    static var reason: String? {
        failure.withLock { $0.flatMap { $0 == EPIPE ? nil : SystemError.words($0) } }
    }

    /// - Returns: the system's error; nil if everything was written.
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
                // Another user of the descriptor made it non-blocking.
                var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&polled, 1, -1) >= 0 || errno == EINTR else { return errno }
            default: return errno
            }
        }
        return nil
    }
}
