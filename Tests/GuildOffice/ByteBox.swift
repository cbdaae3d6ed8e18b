import Synchronization

/// Bytes that one closure leaves for another.
package final class ByteBox: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    package init() {}

    package func set(_ new: [UInt8]) { bytes.withLock { $0 = new } }
    package func get() -> [UInt8] { bytes.withLock { $0 } }
}
