import Foundation
import Synchronization

/// Whether Ctrl-C was pressed, for a caller that waits on a descriptor.
final class Interruption: Sendable {
    private let hasCome = Mutex(false)
    /// Becomes readable when Ctrl-C is pressed; -1 if there was no descriptor left, and then the flag is polled
    /// instead.
    private let ends: (read: Int32, write: Int32)
    private static let lookAgainMilliseconds: Int32 = 200

    init() {
        var pair: [Int32] = [-1, -1]
        let isMade = pipe(&pair) == 0
        ends = isMade ? (pair[0], pair[1]) : (-1, -1)
        for end in pair where isMade { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        for end in [ends.read, ends.write] where end >= 0 { close(end) }
    }

    var isRaised: Bool { hasCome.withLock { $0 } }

    func raise() {
        let isFirst = hasCome.withLock { came in
            defer { came = true }
            return !came
        }
        var byte: UInt8 = 1
        if isFirst, ends.write >= 0 { _ = write(ends.write, &byte, 1) }
    }

    /// Blocks until there is something to read, or the end of it.
    ///
    /// - Returns: false if the interruption came first.
    func waits(for descriptor: Int32) -> Bool {
        while !isRaised {
            var watched = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&watched, nfds_t(watched.count), ends.read < 0 ? Self.lookAgainMilliseconds : -1)
            if count > 0, watched[0].revents != 0, watched[1].revents == 0 { return true }
        }
        return false
    }
}
