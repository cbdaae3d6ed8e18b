import CLinux

/// Whether memory of large bodies returns to the system.
enum MemoryReturn {
    /// An allocation of at least this many bytes is a mapping of its own, which goes when it is freed.
    private static let mappingBytes: Int32 = 256 << 10

    /// glibc raises its threshold when the first large block is freed, up to 32 MiB: from then on bodies would come from
    /// heaps that never shrink, and a flood of them would stay (mallopt(3), M_MMAP_THRESHOLD).
    static func ofLargeBlocks() { mallopt(M_MMAP_THRESHOLD, mappingBytes) }
}
