import CLinux
import Foundation

/// Memory that nothing uses any more returns to the system.
enum MemoryReturn {
    /// An allocation of at least this many bytes is a mapping of its own, which goes when it is freed.
    private static let mappingBytes: Int32 = 256 << 10

    /// glibc raises its threshold when the first large block is freed, up to 32 MiB: from then on bodies would come from
    /// heaps that never shrink, and a flood of them would stay (mallopt(3), M_MMAP_THRESHOLD).
    static func ofLargeBlocks() { mallopt(M_MMAP_THRESHOLD, mappingBytes) }

    /// `MADV_PAGEOUT` (`man 2 madvise`, Linux 5.4), which the C library's headers may lack.
    private static let pageOut: Int32 = 21

    /// A start runs through much code that a server never comes to again: of an idle process it would be half the memory.
    /// Pages that are needed again later are mapped again from the page cache.
    static func ofStartup() {
        let maps = FileManager.default.contents(atPath: "/proc/self/maps") ?? Data()
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            // Losing the errors is safe: the pages then stay.
            if let code = fileRange(line, "r-xp") {
                _ = madvise(UnsafeMutableRawPointer(bitPattern: code.lowerBound), code.count, Int32(MADV_DONTNEED))
            }
            // Among the constants are pages that the loader has written to: they are not dropped but kept.
            if let constants = fileRange(line, "r--p") {
                _ = madvise(UnsafeMutableRawPointer(bitPattern: constants.lowerBound), constants.count, pageOut)
            }
        }
        malloc_trim(0)
    }

    /// The addresses of a line of `/proc/PID/maps` (`man 5 proc_pid_maps`) that maps a part of a file with exactly these
    /// permissions.
    static func fileRange(_ line: Substring, _ permissions: String) -> Range<UInt>? {
        let fields = line.split(separator: " ", maxSplits: 5)
        guard fields.count == 6, fields[1] == permissions, fields[5].first(where: { $0 != " " }) == "/" else {
            return nil
        }
        let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard bounds.count == 2, bounds[0] > 0, bounds[0] < bounds[1] else { return nil }
        return bounds[0]..<bounds[1]
    }
}
