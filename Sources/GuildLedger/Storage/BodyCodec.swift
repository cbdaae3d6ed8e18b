import CZstd
import Synchronization

/// Turns bodies into what rows hold, and back.
///
/// The first byte says in which form the rest is:
///
///     00  the body as it is
///     01  one zstd frame (RFC 8878) with its content's size, a checksum and the id of its dictionary, 0 for none
///
/// A body that does not shrink is stored as it is. Digests are over the body, never over its stored form, so that a new
/// dictionary or level changes none.
package final class BodyCodec: Sendable {
    /// Level 3 costs a fifth more time for 6 % less space (docs/benchmarks.md, "Bodies").
    static let level: Int32 = 1
    /// A frame of a smaller body saves nothing: its headers and checksum take 16 bytes.
    static let leastBytes = 24
    /// The largest factor by which zstd expands a stored byte: a block of 128 KiB takes four.
    private static let greatestInflation: UInt64 = 128 << 8
    /// Contexts that are kept for the next body, of each kind: more callers at a time make their own.
    private static let idleContexts = 4
    /// A context that a large body made this large is freed, not kept.
    private static let idleContextBytes = 256 << 10
    /// The first bytes of a frame that has content (RFC 8878, section 3.1.1).
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    private enum Form {
        static let plain: UInt8 = 0
        static let zstd: UInt8 = 1
    }

    /// `@unchecked Sendable`: who takes a context out of the pool is the only one that has it.
    private struct Context: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let writing = Mutex<[Context]>([])
    private let reading = Mutex<[Context]>([])

    package init() {}

    /// The one that the ledger stores with.
    static let standard = BodyCodec()

    deinit {
        for context in writing.withLock({ $0 }) { ZSTD_freeCCtx(context.pointer) }
        for context in reading.withLock({ $0 }) { ZSTD_freeDCtx(context.pointer) }
    }

    /// The stored form of `body`: at most one byte longer than it.
    package func encode(_ body: [UInt8]) -> [UInt8] {
        if body.count >= Self.leastBytes, let frame = compressed(body) { return frame }
        return [UInt8](unsafeUninitializedCapacity: body.count + 1) { target, count in
            target.initializeElement(at: 0, to: Form.plain)
            _ = target[1...].initialize(fromContentsOf: body)
            count = body.count + 1
        }
    }

    /// The body whose stored form is `stored`.
    ///
    /// - Parameter limitBytes: the size of the largest body that the caller takes. Nothing larger is ever allocated,
    ///   whatever the stored form says.
    package func decode(_ stored: [UInt8], limitBytes: Int) throws(BodyFault) -> [UInt8] {
        // A typed error does not pass through the closure of an array.
        let outcome = stored.withUnsafeBytes { bytes -> Result<[UInt8], BodyFault> in
            do throws(BodyFault) {
                return .success(try decode(bytes, limitBytes: limitBytes))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// The same for bytes that are not copied first: a column of a row.
    package func decode(_ stored: UnsafeRawBufferPointer, limitBytes: Int) throws(BodyFault) -> [UInt8] {
        guard let form = stored.first else { throw .unknownForm(nil) }
        let rest = UnsafeRawBufferPointer(rebasing: stored[1...])
        switch form {
        case Form.plain:
            guard rest.count <= limitBytes else { throw .tooLarge(bytes: UInt64(rest.count), limitBytes: limitBytes) }
            return Array(rest)
        case Form.zstd: return try inflated(rest, limitBytes: limitBytes)
        default: throw .unknownForm(form)
        }
    }

    // MARK: Compressing

    /// Nil if the frame would not be smaller, or there was no memory for it.
    private func compressed(_ body: [UInt8]) -> [UInt8]? {
        guard let context = writing.withLock({ $0.popLast() }) ?? Self.writer() else { return nil }
        defer { keep(context, in: writing, bytes: ZSTD_sizeof_CCtx(context.pointer), free: ZSTD_freeCCtx) }
        return withUnsafeTemporaryAllocation(byteCount: ZSTD_compressBound(body.count), alignment: 16) { frame in
            let size = body.withUnsafeBytes {
                ZSTD_compress2(context.pointer, frame.baseAddress, frame.count, $0.baseAddress, $0.count)
            }
            guard ZSTD_isError(size) == 0, size < body.count else { return nil }
            return [UInt8](unsafeUninitializedCapacity: size + 1) { target, count in
                target.initializeElement(at: 0, to: Form.zstd)
                _ = target[1...].initialize(fromContentsOf: frame[..<size])
                count = size + 1
            }
        }
    }

    private static func writer() -> Context? {
        guard let context = ZSTD_createCCtx() else { return nil }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        if let dictionary = BodyDictionary.current { ZSTD_CCtx_refCDict(context, dictionary.compression) }
        return Context(pointer: context)
    }

    // MARK: Inflating

    private func inflated(_ frame: UnsafeRawBufferPointer, limitBytes: Int) throws(BodyFault) -> [UInt8] {
        let size = try Self.contentBytes(of: frame, limitBytes: limitBytes)
        let id = ZSTD_getDictID_fromFrame(frame.baseAddress, frame.count)
        let dictionary = BodyDictionary.all.first { $0.id == id }
        guard id == 0 || dictionary != nil else { throw .unknownDictionary(id) }
        guard let context = reading.withLock({ $0.popLast() }) ?? ZSTD_createDCtx().map(Context.init) else {
            throw .noMemory
        }
        defer { keep(context, in: reading, bytes: ZSTD_sizeof_DCtx(context.pointer), free: ZSTD_freeDCtx) }
        var outcome = 0
        let body = [UInt8](unsafeUninitializedCapacity: size) { target, count in
            outcome = ZSTD_decompress_usingDDict(
                context.pointer, target.baseAddress, size, frame.baseAddress, frame.count, dictionary?.decompression)
            count = outcome == size ? size : 0
        }
        if ZSTD_isError(outcome) != 0 { throw .damaged(reason: Self.reason(outcome)) }
        guard outcome == size else { throw .damaged(reason: "it holds \(outcome) bytes instead of \(size)") }
        return body
    }

    /// The content size in the frame's header, checked before anything is allocated.
    private static func contentBytes(
        of frame: UnsafeRawBufferPointer, limitBytes: Int
    ) throws(BodyFault) -> Int {
        guard frame.starts(with: magic) else { throw .damaged(reason: "it is not a zstd frame") }
        let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        // The two greatest numbers say "unknown" and "no header".
        guard size < UInt64.max - 1 else { throw .damaged(reason: "its header does not say how large it is") }
        guard size <= UInt64(max(0, limitBytes)) else { throw .tooLarge(bytes: size, limitBytes: limitBytes) }
        guard size <= UInt64(frame.count) * greatestInflation else {
            throw .damaged(reason: "\(frame.count) bytes cannot hold \(size)")
        }
        let end = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
        if ZSTD_isError(end) != 0 { throw .damaged(reason: reason(end)) }
        guard end == frame.count else { throw .damaged(reason: "\(frame.count - end) bytes follow its frame") }
        return Int(size)
    }

    private static func reason(_ code: Int) -> String { String(cString: ZSTD_getErrorName(code)) }

    // MARK: Contexts

    private func keep(
        _ context: Context, in pool: borrowing Mutex<[Context]>, bytes: Int, free: (OpaquePointer?) -> Int
    ) {
        let isKept =
            bytes <= Self.idleContextBytes
            && pool.withLock { idle in
                guard idle.count < Self.idleContexts else { return false }
                idle.append(context)
                return true
            }
        if !isKept { _ = free(context.pointer) }
    }
}
