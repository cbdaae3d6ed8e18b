import Crypto
import Foundation

/// The hashes of RFC 9162, section 2.1: leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖ right).
package enum MerkleTree {
    /// SHA-256 of nothing: the root of a tree without leaves.
    package static let emptyRoot = Array(SHA256.hash(data: [UInt8]()))

    package static func leaf(_ entry: [UInt8]) -> [UInt8] { hash(0, entry, []) }

    package static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { hash(1, left, right) }

    /// In one call, over bytes on the stack: a walk makes two of these for each entry.
    private static func hash(_ prefix: UInt8, _ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        let count = 1 + first.count + second.count
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bytes in
            bytes[0] = prefix
            bytes[1..<1 + first.count].copyBytes(from: first)
            bytes[(1 + first.count)...].copyBytes(from: second)
            return AuditHash.digest(of: UnsafeRawBufferPointer(bytes)).withUnsafeBytes { Array($0) }
        }
    }

    /// The root of a complete subtree from the hashes of its leaves or inner nodes.
    ///
    /// - Parameter hashes: a power of two of them.
    static func root(ofComplete hashes: [[UInt8]]) -> [UInt8] {
        var row = hashes
        while row.count > 1 {
            row = stride(from: 0, to: row.count - 1, by: 2).map { node(row[$0], row[$0 + 1]) }
        }
        return row.first ?? emptyRoot
    }

    /// The split of a tree with `size` leaves: the largest power of two below it.
    static func split(_ size: Int64) -> Int64 { size < 2 ? 0 : 1 << (63 - (size - 1).leadingZeroBitCount) }

    /// Recomputes the root from a leaf and its inclusion proof (RFC 9162, section 2.1.3.2).
    ///
    /// - Parameter index: of the leaf, from 0.
    /// - Returns: nil if the path is not one of such a tree.
    package static func root(leaf: [UInt8], index: Int64, size: Int64, path: [[UInt8]]) -> [UInt8]? {
        guard index >= 0, index < size else { return nil }
        var position = index
        var last = size - 1
        var hash = leaf
        for step in path {
            guard last > 0 else { return nil }
            if position & 1 == 1 || position == last {
                hash = node(step, hash)
                while position & 1 == 0, position > 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = node(hash, step)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }
}

/// The right edge of a growing tree: the roots of its complete subtrees, the largest first. At most 63 hashes, whatever
/// the size.
package struct MerkleFrontier: Sendable, Hashable {
    package private(set) var size: Int64 = 0
    package private(set) var subtrees: [[UInt8]] = []

    package init() {}

    /// - Returns: nil unless there is one hash of 32 bytes for each bit that is set in `size`.
    package init?(size: Int64, subtrees: [[UInt8]]) {
        guard size >= 0, subtrees.count == size.nonzeroBitCount, subtrees.allSatisfy({ $0.count == 32 }) else {
            return nil
        }
        self.size = size
        self.subtrees = subtrees
    }

    /// Appends a leaf; `completed` gets level and hash of each subtree of 2^level leaves that it completes.
    mutating func append(leaf: [UInt8], completed: (Int, [UInt8]) -> Void = { _, _ in }) {
        var hash = leaf
        var level = 0
        while size & (1 << level) != 0, let left = subtrees.popLast() {
            hash = MerkleTree.node(left, hash)
            level += 1
            completed(level, hash)
        }
        subtrees.append(hash)
        size += 1
    }

    package var root: [UInt8] {
        guard var root = subtrees.last else { return MerkleTree.emptyRoot }
        for left in subtrees.dropLast().reversed() { root = MerkleTree.node(left, root) }
        return root
    }
}
