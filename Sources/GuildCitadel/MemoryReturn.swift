import CLinux
import Foundation

/// Memory that nothing uses any more returns to the system.
enum MemoryReturn {
    /// An allocation of at least this many bytes is a mapping of its own, which goes when it is freed.
    private static let mappingBytes: Int32 = 256 << 10

    /// glibc raises its threshold when the first large block is freed, up to 32 MiB: from then on bodies would come from
    /// heaps that never shrink, and a flood of them would stay (mallopt(3), M_MMAP_THRESHOLD).
    static func ofLargeBlocks() { mallopt(M_MMAP_THRESHOLD, mappingBytes) }

    /// A start runs through much code that a server never comes to again: of an idle process it would be half the memory.
    /// Whatever is run later after all is mapped again from the page cache.
    static func ofStartup() {
        let maps = FileManager.default.contents(atPath: "/proc/self/maps") ?? Data()
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            guard let range = codeRange(line) else { continue }
            // Losing the error is safe: the pages then stay.
            _ = madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, Int32(MADV_DONTNEED))
        }
        malloc_trim(0)
    }

    /// The addresses of a line of `/proc/PID/maps` (`man 5 proc_pid_maps`) that maps code of a file, which nothing has
    /// written to.
    static func codeRange(_ line: Substring) -> Range<UInt>? {
        let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard fields.count == 6, fields[1] == "r-xp", fields[5].first == "/" else { return nil }
        let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard bounds.count == 2, bounds[0] > 0, bounds[0] < bounds[1] else { return nil }
        return bounds[0]..<bounds[1]
    }
}
