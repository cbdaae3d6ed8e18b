import Crypto
import Foundation
import GuildDomain

/// Checks a pack index (gitformat-pack(5), "pack-*.idx files") before libgit2 does, which trusts each offset in it:
/// version 1.5 maps memory at any offset in the file, and a single changed byte ends the process by a signal.
///
/// It reads the file once and whole, in pieces: the checksum finds a changed byte, and the bounds also protect against
/// a carefully forged index.
struct PackIndex {
    /// A problem in the index.
    struct Damage: Error {
        let detail: String
    }

    private static let hashBytes = 20
    private static let fanoutBytes = 256 * 4
    private static let pieceBytes = 1 << 20
    private static let signature: [UInt8] = [0xFF, 0x74, 0x4F, 0x63]
    /// Before the first object, and after the last one.
    private static let packHeaderBytes: UInt64 = 12

    private let descriptor: Int32
    private let size: UInt64
    private let packSize: UInt64
    private var hash = Insecure.SHA1()
    private var position: UInt64 = 0

    /// - Throws: if index or pack are damaged.
    static func check(_ index: String, pack: String) throws(Damage) {
        let (descriptor, size) = try open(index)
        defer { close(descriptor) }
        let (packDescriptor, packSize) = try open(pack)
        defer { close(packDescriptor) }
        guard packSize >= packHeaderBytes + UInt64(hashBytes) else { throw Damage(detail: "its pack is truncated") }
        var reader = PackIndex(descriptor: descriptor, size: size, packSize: packSize)
        let (objects, packHash) = try reader.read()
        let header = try bytes(of: packDescriptor, at: 0, count: Int(packHeaderBytes))
        guard header.starts(with: "PACK".utf8), [2, 3].contains(word(header, at: 4)) else {
            throw Damage(detail: "its pack has no header")
        }
        guard word(header, at: 8) == objects else { throw Damage(detail: "its pack has a different number of objects") }
        let trailer = try bytes(of: packDescriptor, at: packSize - UInt64(hashBytes), count: hashBytes)
        guard trailer == packHash else { throw Damage(detail: "it belongs to another pack") }
    }

    /// - Throws: if the file's last 20 bytes are not the checksum of those before.
    static func checkTrailer(of path: String) throws(Damage) {
        let (descriptor, size) = try open(path)
        defer { close(descriptor) }
        guard size >= UInt64(hashBytes) else { throw Damage(detail: "it is truncated") }
        var reader = PackIndex(descriptor: descriptor, size: size, packSize: 0)
        try reader.skip(size - UInt64(hashBytes))
        try reader.requireChecksum()
    }

    private init(descriptor: Int32, size: UInt64, packSize: UInt64) {
        self.descriptor = descriptor
        self.size = size
        self.packSize = packSize
    }

    private mutating func read() throws(Damage) -> (objects: UInt32, packHash: [UInt8]) {
        guard size >= UInt64(Self.fanoutBytes + 2 * Self.hashBytes) else { throw Damage(detail: "it is truncated") }
        let isSecond = try Self.bytes(of: descriptor, at: 0, count: 4) == Self.signature
        if isSecond {
            let version = Self.word(try take(8), at: 4)
            guard version == 2 else { throw Damage(detail: "its version is \(version)") }
        }
        let fanout = try take(Self.fanoutBytes)
        var objects: UInt32 = 0
        for slot in 0..<256 {
            let count = Self.word(fanout, at: slot * 4)
            guard count >= objects else { throw Damage(detail: "its table of first bytes decreases") }
            objects = count
        }
        try isSecond ? readSecond(UInt64(objects)) : readFirst(UInt64(objects))
        let packHash = try take(Self.hashBytes)
        try requireChecksum()
        return (objects, packHash)
    }

    private mutating func readFirst(_ objects: UInt64) throws(Damage) {
        guard size == UInt64(Self.fanoutBytes + 2 * Self.hashBytes) + objects * 24 else {
            throw Damage(detail: "its size is not that of \(objects) objects")
        }
        var worst: UInt64 = 0
        var least = UInt64.max
        try each(objects * 24, of: 24) { piece in
            let offset = UInt64(Self.word(piece, at: 0))
            least = min(least, offset)
            worst = max(worst, offset)
        }
        try require(least: least, worst: worst, of: objects)
    }

    private mutating func readSecond(_ objects: UInt64) throws(Damage) {
        let least = UInt64(8 + Self.fanoutBytes + 2 * Self.hashBytes) + objects * 28
        guard size >= least, (size - least) % 8 == 0, (size - least) / 8 <= objects else {
            throw Damage(detail: "its size is not that of \(objects) objects")
        }
        let large = (size - least) / 8
        // Names, and a checksum of each object that the library compares itself.
        try skip(objects * 24)
        var first = UInt64.max
        var last = UInt64(0)
        var farthest = UInt64(0)
        var isBeyond = false
        try each(objects * 4, of: 4) { piece in
            let word = Self.word(piece, at: 0)
            if word & 0x8000_0000 != 0 {
                farthest = UInt64(word & 0x7FFF_FFFF)
                if farthest >= large { isBeyond = true }
            } else {
                first = min(first, UInt64(word))
                last = max(last, UInt64(word))
            }
        }
        guard !isBeyond else { throw Damage(detail: "an offset is beyond its table of large ones") }
        try each(large * 8, of: 8) { piece in
            let offset = UInt64(Self.word(piece, at: 0)) << 32 | UInt64(Self.word(piece, at: 4))
            first = min(first, offset)
            last = max(last, offset)
        }
        try require(least: first, worst: last, of: objects)
    }

    private func require(least: UInt64, worst: UInt64, of objects: UInt64) throws(Damage) {
        guard objects > 0 else { return }
        guard least >= Self.packHeaderBytes, worst < packSize - UInt64(Self.hashBytes) else {
            throw Damage(detail: "an offset is outside of its pack")
        }
    }

    private func requireChecksum() throws(Damage) {
        let said = try Self.bytes(of: descriptor, at: position, count: Self.hashBytes)
        guard Array(hash.finalize()) == said else { throw Damage(detail: "its checksum does not match") }
    }

    // MARK: Bytes

    private mutating func take(_ count: Int) throws(Damage) -> [UInt8] {
        let taken = try Self.bytes(of: descriptor, at: position, count: count)
        hash.update(data: taken)
        position += UInt64(count)
        return taken
    }

    private mutating func skip(_ count: UInt64) throws(Damage) {
        var left = count
        while left > 0 {
            let piece = Int(min(left, UInt64(Self.pieceBytes)))
            _ = try take(piece)
            left -= UInt64(piece)
        }
    }

    private mutating func each(
        _ count: UInt64, of width: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Damage) {
        var left = count
        while left > 0 {
            let piece = try take(Int(min(left, UInt64(Self.pieceBytes / width * width))))
            piece.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: bytes.count, by: width) {
                    body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + width]))
                }
            }
            left -= UInt64(piece.count)
        }
    }

    /// Big endian.
    private static func word(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { word($0, at: offset) }
    }

    private static func open(_ path: String) throws(Damage) -> (Int32, UInt64) {
        let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Damage(detail: SystemError.words(errno)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= 0 else {
            close(descriptor)
            throw Damage(detail: "\(SpecialFiles.name(at: path) ?? "nothing") in place of a file")
        }
        return (descriptor, UInt64(status.st_size))
    }

    private static func bytes(of descriptor: Int32, at offset: UInt64, count: Int) throws(Damage) -> [UInt8] {
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while done < count, let start = buffer.baseAddress {
                let got = pread(descriptor, start + done, count - done, off_t(offset) + off_t(done))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { break }
                done += got
            }
            filled = done
        }
        guard done == count else { throw Damage(detail: "it is truncated") }
        return bytes
    }
}
