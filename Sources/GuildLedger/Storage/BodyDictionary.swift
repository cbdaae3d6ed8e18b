import CZstd

/// A dictionary that bodies are compressed with, digested for use: what JSON of this kind usually holds.
///
/// `@unchecked Sendable`: zstd never changes a digested dictionary, and any number of contexts may use one at a time
/// (zstd.h, `ZSTD_createCDict`).
final class BodyDictionary: @unchecked Sendable {
    /// zstd's own number for it, which the header of each frame carries.
    let id: UInt32

    let compression: OpaquePointer
    let decompression: OpaquePointer

    /// The one that new bodies are written with; nil if there was no memory for it, so that bodies go without.
    static let current = BodyDictionary(guild_zstd_bodies_32769)

    /// Every dictionary that a body may name, the newest first. Old ones stay: their bodies are still read.
    static let all = [current].compactMap { $0 }

    private init?(_ source: (UnsafeMutablePointer<Int>) -> UnsafeRawPointer?) {
        var count = 0
        guard let bytes = source(&count), let compression = ZSTD_createCDict(bytes, count, BodyCodec.level) else {
            return nil
        }
        guard let decompression = ZSTD_createDDict(bytes, count) else {
            ZSTD_freeCDict(compression)
            return nil
        }
        id = ZSTD_getDictID_fromDict(bytes, count)
        self.compression = compression
        self.decompression = decompression
    }

    deinit {
        ZSTD_freeCDict(compression)
        ZSTD_freeDDict(decompression)
    }
}
