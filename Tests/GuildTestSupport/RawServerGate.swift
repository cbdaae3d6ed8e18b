import Foundation
import Synchronization

/// A gate that a test opens once; steps of a `RawServer` wait before it.
package final class RawServerGate: Sendable {
    /// Readable once the gate is open: a thread can wait for it and for a socket at once.
    let descriptor: Int32
    private let writer: Int32
    private let isOpen = Mutex(false)

    package init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw RawServerFailure("pipe") }
        (descriptor, writer) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(descriptor)
        close(writer)
    }

    /// Opens the gate for all who wait and who come later. The byte is never read, so it stays open.
    package func release() {
        isOpen.withLock { isOpen in
            guard !isOpen else { return }
            isOpen = true
            var byte: UInt8 = 1
            _ = write(writer, &byte, 1)
        }
    }
}

/// A call of the operating system that a test's server needs, and that failed.
struct RawServerFailure: Error, CustomStringConvertible {
    let description: String

    init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
}
