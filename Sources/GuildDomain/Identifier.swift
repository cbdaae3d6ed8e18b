import Crypto

/// A 16-byte ULID (48 bits of milliseconds, 80 random bits), typed by the entity that it names.
///
/// Text form: 26 characters of Crockford's base 32, as defined at https://github.com/ulid/spec.
package struct Identifier<Entity>: Hashable, Sendable {
    /// The first eight bytes: 48 bits of milliseconds and 16 random bits.
    package let high: UInt64
    /// The last eight bytes.
    package let low: UInt64

    /// The identifier with these bytes.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new identifier whose first 48 bits are the milliseconds of `now`.
    package init(now: Timestamp) {
        var generator = SystemRandomNumberGenerator()
        let milliseconds = UInt64(clamping: now.microseconds / 1000) & 0xFFFF_FFFF_FFFF
        self.init(high: milliseconds << 16 | (generator.next() & 0xFFFF), low: generator.next())
    }

    /// The identifier that always belongs to the same parts: the first 16 bytes of SHA-256 over them, each followed by
    /// a zero byte. A redelivery of one webhook so has one id.
    package init(derivedFrom parts: [String]) {
        var hash = SHA256()
        for part in parts {
            hash.update(data: Array(part.utf8))
            hash.update(data: [0])
        }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for (index, byte) in hash.finalize().prefix(16).enumerated() {
            if index < 8 {
                words.high = words.high << 8 | UInt64(byte)
            } else {
                words.low = words.low << 8 | UInt64(byte)
            }
        }
        self.init(high: words.high, low: words.low)
    }

    /// - Returns: nil unless there are exactly 16 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// - Returns: nil unless the text is 26 characters of Crockford's base 32 whose value fits 128 bits.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 26 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in text.utf8.enumerated() {
            guard let value = Crockford.value(of: byte), index > 0 || value < 8 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(value)
        }
        self.init(high: high, low: low)
    }

    /// The 16 bytes, most significant first: byte order is the order of creation.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for index in 0..<8 {
                buffer[index] = UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * index))
                buffer[index + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * index))
            }
            count = 16
        }
    }
}

extension Identifier: Comparable {
    package static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

extension Identifier: CustomStringConvertible {
    package var description: String {
        String(unsafeUninitializedCapacity: 26) { buffer in
            var high = high
            var low = low
            for index in (0..<26).reversed() {
                buffer[index] = Crockford.alphabet[Int(low & 31)]
                low = low >> 5 | high << 59
                high >>= 5
            }
            return 26
        }
    }
}

private enum Crockford {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    static func value(of byte: UInt8) -> UInt8? {
        let upper = byte >= 0x61 && byte <= 0x7A ? byte - 0x20 : byte
        return alphabet.firstIndex(of: upper).map { UInt8($0) }
    }
}

/// Entities that an `Identifier` can name without a type of their own.
package enum Named {
    /// Names an action.
    package enum Action {}
    /// Names a reservation.
    package enum Reservation {}
    /// Names a worker.
    package enum Worker {}
    /// Names an approval.
    package enum Approval {}
    /// Names a notification.
    package enum Notification {}
}

/// Names an event.
package typealias EventID = Identifier<Event>
/// Names an invocation.
package typealias InvocationID = Identifier<Invocation>
/// Names an action.
package typealias ActionID = Identifier<Named.Action>
/// Names a reservation.
package typealias ReservationID = Identifier<Named.Reservation>
/// Names a worker process.
package typealias WorkerID = Identifier<Named.Worker>
/// Names a notification.
package typealias NotificationID = Identifier<Named.Notification>
